//! Names of properties, columns and keys that hold what nobody is to see.
//!
//! One list for all readers. The table of cmdlets comes first where it knows a
//! property; these names are for the ones it does not know.

use std::borrow::Cow;

/// Words that tell wherever they stand in a name, in lower case.
const ANYWHERE: &[&str] = &[
    "password",
    "credential",
    "secret",
    "passphrase",
    "privatekey",
    // German, French, Spanish, Dutch and Japanese for "password".
    "passwort",
    "kennwort",
    "motdepasse",
    "mot de passe",
    "contraseña",
    "contrasena",
    "wachtwoord",
    "パスワード",
];

/// What a key opens that is a secret, before `key`. Others are public, or names
/// of an entry: `PublicKey`, `RegistryKey`, `SortKey`.
const KEYS: &[&str] = &[
    "access",
    "account",
    "api",
    "app",
    "application",
    "auth",
    "authentication",
    "client",
    "community",
    "crypto",
    "decryption",
    "encryption",
    "function",
    "license",
    "machine",
    "master",
    "primary",
    "product",
    "registration",
    "secondary",
    "security",
    "session",
    "shared",
    "signing",
    "storage",
    "subscription",
    "validation",
    "wpa",
];

/// Words that tell as the last word of a name only: `SmtpPass`, `UMPin`.
const LAST_WORDS: &[&str] = &["pass", "pw", "pin", "psk", "passcode"];

/// Whether a name tells that its value is a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.trim();
    let lower: Cow<'_, str> = if name.is_ascii() {
        name.to_ascii_lowercase().into()
    } else {
        name.to_lowercase().into()
    };
    ANYWHERE.iter().any(|word| lower.contains(word))
        || ends_as_secret(&lower)
        || LAST_WORDS.iter().any(|word| ends_in_word(name, word))
}

/// Whether a name in lower case ends as only names of secrets do: `sharedsecret`,
/// `smtpauthpwd`, `account_key`, `access-token`.
#[must_use]
pub fn ends_as_secret(lower: &str) -> bool {
    const ENDINGS: &[&str] = &["password", "passphrase", "passwd", "pwd", "secret"];
    if ENDINGS.iter().any(|end| lower.ends_with(end)) {
        return true;
    }
    let one = lower.strip_suffix('s').unwrap_or(lower);
    // The token of a public key is its hash, in the name of every assembly.
    if let Some(before) = lower.strip_suffix("token") {
        return !before.ends_with("publickey");
    }
    let apart = |c: char| matches!(c, '_' | '-' | '.' | ' ');
    let opens = one
        .strip_suffix("key")
        .map(|head| head.trim_end_matches(apart));
    opens.is_some_and(|head| KEYS.iter().any(|known| head.ends_with(known)))
}

/// Whether the last word of a name is this one: a capital letter begins it, or
/// what stands before it is no letter.
fn ends_in_word(name: &str, word: &str) -> bool {
    let Some((before, last)) = name
        .len()
        .checked_sub(word.len())
        .and_then(|at| name.split_at_checked(at))
    else {
        return false;
    };
    if !last.eq_ignore_ascii_case(word) {
        return false;
    }
    let Some(next) = before.chars().next_back() else {
        return true;
    };
    let mut letters = last.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    let goes_on_small = letters.next().is_some_and(char::is_lowercase);
    // `AntispamByPass` lets something by.
    let lets_by = word == "pass" && before.to_ascii_lowercase().ends_with("by");
    !lets_by && (!next.is_alphabetic() || capital && (goes_on_small || next.is_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told() {
        for name in [
            "AuthenticationCredential",
            "ProxyPassword",
            "ApiKey",
            "api_key",
            "AccountKey",
            "StorageAccountKeys",
            "SharedAccessKey",
            "PreSharedKey",
            "pre-shared-key",
            "HMAC-Encryption-Key",
            "SmtpAuthPwd",
            "dbpwd",
            "Pass",
            "SmtpPass",
            "smtp_pass",
            "PW",
            "AdminPW",
            "UMPin",
            "PIN",
            "PSK",
            "Token",
            "accesstoken",
            "Passwort",
            "Benutzerkennwort",
            "Kennwort",
            "MotDePasse",
            "Mot de passe",
            "Contraseña",
            "CONTRASEÑA",
            "Wachtwoord",
            "パスワード",
            "管理者パスワード",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_things_are_not() {
        for name in [
            "",
            "Key",
            "PublicKey",
            "PublicKeySize",
            "PublicKeyToken",
            "KeyUsage",
            "EnhancedKeyUsageList",
            "ThumbprintKey",
            "RegistryKey",
            "SortKey",
            "Keys",
            "Tokenizer",
            "Bypass",
            "AntispamByPass",
            "Compass",
            "Pinned",
            "Spin",
            "Bindings",
            "Signature",
            "Passed",
            "CompassPoint",
            "MessagesPerPass2",
            "é",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
