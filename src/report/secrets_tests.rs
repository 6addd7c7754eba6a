use super::*;

fn mask(line: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    for range in secret_ranges(line) {
        out.push_str(&line[at..range.start]);
        out.push('#');
        at = range.end;
    }
    out.push_str(&line[at..]);
    out
}

/// Real syntax of each system, with `S3cret…` where the secret stands.
const LINES: &[&str] = &[
    // Lists of PowerShell
    "Kennwort : S3cretA",
    "Benutzerpasswort : S3cretA",
    "MotDePasse : S3cretA",
    "Contraseña : S3cretA",
    "Wachtwoord : S3cretA",
    "パスワード : S3cretA",
    "SmtpAuthPwd : S3cretA",
    // ASA, PIX
    "enable password S3cretA level 15 encrypted",
    "enable password S3cretA pbkdf2",
    "passwd S3cretA encrypted",
    "username admin password S3cretA encrypted privilege 15",
    "username admin password S3cretA pbkdf2 privilege 15",
    "aaa-server RADIUS (inside) host 10.1.1.5 S3cretA timeout 10",
    " key S3cretA",
    " key 8 S3cretA",
    " ldap-login-password S3cretA",
    " ikev1 pre-shared-key S3cretA",
    " ikev2 remote-authentication pre-shared-key S3cretA",
    " pre-shared-key S3cretA",
    "isakmp key S3cretA address 192.0.2.1 netmask 255.255.255.255",
    "crypto isakmp key 6 S3cretA address 192.0.2.1",
    "snmp-server community S3cretA",
    "snmp-server community 0 S3cretA ro",
    "snmp-server host inside 10.1.1.1 community S3cretA version 2c",
    "snmp-server host inside 10.1.1.1 trap S3cretA",
    "snmp-server host 10.1.1.1 version 2c S3cretA",
    "snmp-server user u g v3 auth md5 S3cretA priv aes 128 S3cretB",
    "snmp-server user u g v3 encrypted auth sha S3cretA priv des S3cretB",
    "failover key S3cretA",
    "failover key hex S3cretA",
    "failover ipsec pre-shared-key S3cretA",
    " ospf message-digest-key 1 md5 S3cretA",
    " ospf authentication-key S3cretA",
    " ospf authentication-key 7 S3cretA",
    "ntp authentication-key 1 md5 S3cretA",
    "vpdn username pppoe password S3cretA",
    " neighbor 192.0.2.1 password S3cretA",
    "  key-string 7 S3cretA",
    "enable secret 5 $1$abcd$S3cretA",
    "username admin privilege 15 secret 9 $9$S3cretA",
    "tacacs-server key 7 S3cretA",
    "radius-server host 10.1.1.1 auth-port 1812 key 7 S3cretA",
    " wpa-psk ascii 0 S3cretA",
    " boot config ftp://admin:S3cretA@192.0.2.9/asa.cfg",
    // FortiOS
    "        set password ENC S3cretA",
    "        set passwd ENC S3cretA==",
    "        set psksecret ENC S3cretA",
    "        set psksecret S3cretA",
    "        set auth-pwd ENC S3cretA",
    // Junos
    "        encrypted-password \"$1$x$S3cretA\"; ## SECRET-DATA",
    "        pre-shared-key ascii-text \"$9$S3cretA\"; ## SECRET-DATA",
    "        authentication-key \"$9$S3cretA\";",
    "        secret \"$9$S3cretA\"; ## SECRET-DATA",
    "set system root-authentication encrypted-password \"$6$S3cretA\"",
    "set security ike policy p pre-shared-key ascii-text S3cretA",
    // PAN-OS
    "          <phash>$1$S3cretA</phash>",
    "          <phash>S3cretA</phash>",
    "          <key>-AQ==S3cretA</key>",
    "set mgt-config users admin phash S3cretA",
    // Exchange, Windows
    "AuthenticationCredential      : S3cretA S3cretB",
    "Password : S3cretA",
    "SharedSecret: S3cretA",
    "      <SS N=\"Password\">S3cretA</SS>",
    "      <SS>S3cretA</SS>",
    "      <S N=\"SharedSecret\">S3cretA</S>",
    "connectionString=\"Server=sql1;User ID=sa;Password=S3cretA;\"",
    "<processModel userName=\"x\" password=\"S3cretA\" />",
    "  \"password\": \"S3cretA\",",
    "Authorization: token S3cretA",
    "sig=S3cretA0123 of a link",
    "the link has code=S3cretA0123",
    "InternalUrl : https://owa/x (auth=S3cretA0123)",
    "session=S3cretA0123, sid=S3cretB0123",
    "token=S3cretA",
];

#[test]
fn every_marked_secret_of_the_known_syntaxes_is_masked() {
    let leaks: Vec<_> = LINES
        .iter()
        .map(|line| mask(line))
        .filter(|masked| masked.contains("S3cret"))
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn what_is_no_secret_stays_readable() {
    for line in [
        "access-list outside_in extended permit tcp any host 192.0.2.25 eq smtp",
        "access-list outside_in extended permit tcp any object secret-host eq 443",
        "crypto key generate rsa modulus 2048",
        "crypto ipsec ikev1 transform-set ESP-AES-SHA esp-aes esp-sha-hmac",
        "crypto isakmp policy 10",
        " authentication pre-share",
        " encryption aes-256",
        " hash sha",
        "object network dmz-community",
        "interface GigabitEthernet0/0",
        "AuthMechanism : Tls, Integrated, BasicAuth, BasicAuthRequireTLS",
        "PasswordHistory : {}",
        "policy-map global_policy",
        "snmp-server host inside 10.1.1.1",
        "  <S N=\"Name\">Default EDGE1</S>",
        "https://mail.contoso.com/owa",
        "ActivityBasedAuthenticationTimeoutWithSingleSignOnEnabled",
        "auth=ntlm code=External session=new",
        "SMTP=192.0.2.25:587",
    ] {
        assert_eq!(mask(line), line);
    }
}

#[test]
fn a_sentence_of_ours_keeps_its_words_and_masks_what_it_quotes() {
    let text = "[[server]] has no key `adresses`; the line `username x password S3cretA`";
    let ranges = secrets_in_prose(text);
    let masked: Vec<_> = ranges.into_iter().map(|range| &text[range]).collect();
    assert_eq!(masked, ["S3cretA"]);
}
