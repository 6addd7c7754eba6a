//! `ipconfig` of Western Europe, Poland, Russia and Korea, with invented names.

use super::FORMAT;
use crate::formats::Document;
use crate::formats::exchange::testing::{list, named, records, text, value};
use crate::model::exchange::Value;

/// Windows 10 in French: dots run up to the colon, and a blank stands before it.
const FRENCH: &str = "PS C:\\WINDOWS\\system32> ipconfig /all

Configuration IP de Windows

   Nom de l'hôte . . . . . . . . . . : HUB1
   Suffixe DNS principal . . . . . . : contoso.com
   Type de noeud. . . . . . . . . .  : Hybride
   Routage IP activé . . . . . . . . : Non
   Proxy WINS activé . . . . . . . . : Non
   Liste de recherche du suffixe DNS.: contoso.com

Carte Ethernet Ethernet0 :

   Suffixe DNS propre à la connexion. . . : contoso.com
   Description. . . . . . . . . . . . . . : Intel(R) 82574L Gigabit Network Connection
   Adresse physique . . . . . . . . . . . : 00-0C-29-AA-BB-CC
   DHCP activé. . . . . . . . . . . . . . : Non
   Configuration automatique activée. . . : Oui
   Adresse IPv6 de liaison locale. . . . .: fe80::94ad:cbc5:9b96:ca9e%7(préféré)
   Adresse IPv4. . . . . . . . . . . . . .: 10.1.0.11(préféré)
   Masque de sous-réseau. . . . . . . . . : 255.255.255.0
   Passerelle par défaut. . . . . . . . . : 10.1.0.1
   IAID DHCPv6 . . . . . . . . . . . : 632300970
   DUID de client DHCPv6. . . . . . . . : 00-01-00-01-2A-5A-6F-F9-00-0C-29-AA-BB-CC
   Serveurs DNS. . .  . . . . . . . . . . : 10.1.0.5
                                       10.1.0.6
   NetBIOS sur Tcpip. . . . . . . . . . . : Activé
";

/// Windows 10 in Spanish: a label holds a colon.
const SPANISH: &str = "C:\\Windows\\system32>ipconfig /all

Configuración IP de Windows

   Nombre de host. . . . . . . . . : HUB1
   Sufijo DNS principal  . . . . . : contoso.com
   Tipo de nodo. . . . . . . . . . : híbrido
   Enrutamiento IP habilitado. . . : no
   Proxy WINS habilitado . . . . . : no
   Lista de búsqueda de sufijos DNS: contoso.com

Adaptador de Ethernet Ethernet0:

   Sufijo DNS específico para la conexión. . : 
   Descripción . . . . . . . . . . . . . . . : Intel(R) 82574L Gigabit Network Connection
   Dirección física. . . . . . . . . . . . . : 00-0C-29-AA-BB-CC
   DHCP habilitado . . . . . . . . . . . . . : no
   Configuración automática habilitada . . . : sí
   Vínculo: dirección IPv6 local. . . : fe80::94ad:cbc5:9b96:ca9e%7(Preferido) 
   Dirección IPv4. . . . . . . . . . . . . . : 10.1.0.11(Preferido) 
   Máscara de subred . . . . . . . . . . . . : 255.255.255.0
   Puerta de enlace predeterminada . . . . . : 10.1.0.1
   Servidores DNS. . . . . . . . . . . . . . : 10.1.0.5
                                       10.1.0.6
   NetBIOS sobre TCP/IP. . . . . . . . . . . : habilitado
";

/// Windows Vista in Italian.
const ITALIAN: &str = "Configurazione IP di Windows

   Nome host . . . . . . . . . . . . . . : HUB1
   Suffisso DNS primario . . . . . . . . : contoso.com
   Tipo nodo . . . . . . . . . . . . . . : Ibrido
   Routing IP abilitato. . . . . . . . . : No
   Proxy WINS abilitato . . . . . . . .  : No
   Elenco di ricerca suffissi DNS. . . . : contoso.com

Scheda Ethernet Ethernet0:

   Suffisso DNS specifico per connessione:
   Descrizione . . . . . . . . . . . . . : Intel(R) 82574L Gigabit Network Connection
   Indirizzo fisico. . . . . . . . . . . : 00-0C-29-AA-BB-CC
   DHCP abilitato. . . . . . . . . . . . : No
   Configurazione automatica abilitata   : Sì
   Indirizzo IPv6 locale rispetto al collegamento . : fe80::94ad:cbc5:9b96:ca9e%7(Preferenziale)
   Indirizzo IPv4. . . . . . . . . . . . : 10.1.0.11(Preferenziale)
   Subnet mask . . . . . . . . . . . . . : 255.255.255.0
   Gateway predefinito . . . . . . . . . : 10.1.0.1
   Server DNS . . . . . . . . . . . . .  : 10.1.0.5
                                           10.1.0.6
   NetBIOS su TCP/IP . . . . . . . . . . : Attivato
";

/// Windows 10 in Portuguese of Brazil.
const PORTUGUESE: &str = "Configuração de IP do Windows

   Nome do host. . . . . . . . . . . . . . . . : HUB1
   Sufixo DNS primário . . . . . . . . . . . . : contoso.com
   Tipo de nó. . . . . . . . . . . . . . . . . : híbrido
   Roteamento de IP ativado. . . . . . . . . . : não
   Proxy WINS ativado. . . . . . . . . . . . . : não
   Lista de pesquisa de sufixo DNS . . . . . . : contoso.com

Adaptador Ethernet Ethernet0:

   Sufixo DNS específico de conexão. . . . . . : contoso.com
   Descrição . . . . . . . . . . . . . . . . . : Intel(R) 82574L Gigabit Network Connection
   Endereço Físico . . . . . . . . . . . . . . : 00-0C-29-AA-BB-CC
   DHCP Habilitado . . . . . . . . . . . . . . : Não
   Configuração Automática Habilitada. . . . . : Sim
   Endereço IPv6 de link local . . . . . . . . : fe80::94ad:cbc5:9b96:ca9e%7(Preferencial) 
   Endereço IPv4. . . . . . . .  . . . . . . . : 10.1.0.11(Preferencial) 
   Máscara de Sub-rede . . . . . . . . . . . . : 255.255.255.0
   Gateway Padrão. . . . . . . . . . . . . . . : 10.1.0.1
   Servidores DNS. . . . . . . . . . . . . . . : 10.1.0.5
                                                 10.1.0.6
   NetBIOS em Tcpip. . . . . . . . . . . . . . : Habilitado
";

/// Windows 10 in Russian.
const RUSSIAN: &str = "Настройка протокола IP для Windows

   Имя компьютера  . . . . . . . . . : HUB1
   Основной DNS-суффикс  . . . . . . : contoso.com
   Тип узла. . . . . . . . . . . . . : Гибридный
   IP-маршрутизация включена . . . . : Нет
   WINS-прокси включен . . . . . . . : Нет
   Порядок просмотра суффиксов DNS . : contoso.com

Адаптер Ethernet Ethernet0:

   DNS-суффикс подключения . . . . . :
   Описание. . . . . . . . . . . . . : Intel(R) 82574L Gigabit Network Connection
   Физический адрес. . . . . . . . . : 00-0C-29-AA-BB-CC
   DHCP включен. . . . . . . . . . . : Нет
   Автонастройка включена. . . . . . : Да
   Локальный IPv6-адрес канала . . . : fe80::94ad:cbc5:9b96:ca9e%7(Основной)
   IPv4-адрес. . . . . . . . . . . . : 10.1.0.11(Основной)
   Маска подсети . . . . . . . . . . : 255.255.255.0
   Основной шлюз. . . . . . . . . : 10.1.0.1
   DNS-серверы. . . . . . . . . . . : 10.1.0.5
                                       10.1.0.6
   NetBios через TCP/IP. . . . . . . . : Включен
";

/// Windows 11 in Korean.
const KOREAN: &str = "Windows IP 구성

   호스트 이름 . . . . . . . . : HUB1
   주 DNS 접미사 . . . . . . . : contoso.com
   노드 유형 . . . . . . . . . : 혼성
   IP 라우팅 사용. . . . . . . : 아니요
   WINS 프록시 사용. . . . . . : 아니요
   DNS 접미사 검색 목록. . . . : contoso.com

이더넷 어댑터 Ethernet0:

   연결별 DNS 접미사. . . . :
   설명. . . . . . . . . . . . : Intel(R) 82574L Gigabit Network Connection
   물리적 주소 . . . . . . . . : 00-0C-29-AA-BB-CC
   DHCP 사용 . . . . . . . . . : 아니요
   자동 구성 사용. . . . . . . : 예
   링크-로컬 IPv6 주소 . . . . : fe80::94ad:cbc5:9b96:ca9e%7(기본 설정)
   IPv4 주소 . . . . . . . . . : 10.1.0.11(기본 설정)
   서브넷 마스크 . . . . . . . : 255.255.255.0
   기본 게이트웨이 . . . . . . : 10.1.0.1
   DHCPv6 IAID . . . . . . . . : 351596958
   DHCPv6 클라이언트 DUID. . . : 00-01-00-01-2D-B0-E0-7D-00-0C-29-AA-BB-CC
   DNS 서버. . . . . . . . . . : 10.1.0.5
                                 10.1.0.6
   Tcpip를 통한 NetBIOS. . . . : 사용
";

/// Windows XP in Polish, which names no primary suffix here.
const POLISH: &str = "Konfiguracja IP systemu Windows

        Nazwa hosta . . . . . . . . . . . : HUB1
        Sufiks podstawowej domeny DNS . . . . . . : contoso.com
        Typ węzła . . . . . . . . . . . . : Hybrydowy
        Routing IP włączony . . . . . . . : Nie
        Serwer WINS Proxy włączony. . . . : Nie

Karta Ethernet Ethernet0:

        Sufiks DNS konkretnego połączenia :
        Opis . . . . . . . . . . . . . . :  Intel(R) 82574L Gigabit Network Connection
        Adres fizyczny. . . . . . . . . . : 00-0C-29-AA-BB-CC
        DHCP włączone . . . . . . . . . . : Nie
        Adres IP. . . . . . . . . . . . . : 10.1.0.11
        Maska podsieci. . . . . . . . . . : 255.255.255.0
        Brama domyślna. . . . . . . . . . : 10.1.0.1
        Serwery DNS . . . . . . . . . . . : 10.1.0.5
                                            10.1.0.6
        NetBIOS przez Tcpip . . . . . . . : Wyłączony
";

fn parse(content: &str) -> Document {
    let file = named("ipconfig.txt", content);
    assert!((FORMAT.detect)(&file).is_some(), "{content}");
    (FORMAT.parse)(&file)
}

/// Every line is understood, and every fact is that of the English output.
#[test]
fn outputs_in_seven_more_languages_tell_the_same() {
    for (output, v6) in [
        (FRENCH, true),
        (SPANISH, true),
        (ITALIAN, true),
        (PORTUGUESE, true),
        (RUSSIAN, true),
        (KOREAN, true),
        (POLISH, false),
    ] {
        let document = parse(output);
        assert!(document.problems.is_empty(), "{:?}", document.problems);
        assert_eq!(document.ledger.totals().unrecognised, 0, "{output}");
        let records = records(&document);
        let of = |cmdlet: &str| {
            let all = records.iter().copied();
            all.filter(|record| record.cmdlet == Some(cmdlet))
                .collect::<Vec<_>>()
        };
        let [names] = of("Get-DnsClientGlobalSetting")[..] else {
            panic!("{output}");
        };
        assert_eq!(value(names, "ComputerName"), &text("HUB1"));
        assert_eq!(value(names, "PrimaryDnsSuffix"), &text("contoso.com"));
        let [adapter] = of("Get-NetIPConfiguration")[..] else {
            panic!("{output}");
        };
        assert_eq!(value(adapter, "InterfaceAlias"), &text("Ethernet0"));
        assert_eq!(value(adapter, "IPv4Address"), &list(&["10.1.0.11"]));
        assert_eq!(value(adapter, "IPv4DefaultGateway"), &list(&["10.1.0.1"]));
        assert_eq!(
            value(adapter, "DNSServer"),
            &list(&["10.1.0.5", "10.1.0.6"])
        );
        let addresses = of("Get-NetIPAddress");
        assert_eq!(addresses.len(), 1 + usize::from(v6), "{output}");
        for address in addresses {
            assert_eq!(value(address, "AddressState"), &text("Preferred"));
        }
    }
}

/// Forums keep the text of a console in the wrong code page: `á` of code page 850
/// is a no-break space, `ó` is `¢`.
#[test]
fn spanish_letters_of_another_code_page_are_known() {
    let damaged = SPANISH
        .replace('á', "\u{a0}")
        .replace('ó', "¢")
        .replace('í', "¡");
    let document = parse(&damaged);
    let records = records(&document);
    let address = records
        .iter()
        .find(|record| {
            record
                .text("AddressFamily")
                .is_some_and(|(family, _)| family == "IPv4")
        })
        .expect("an address");
    assert_eq!(value(address, "IPAddress"), &text("10.1.0.11"));
    assert_eq!(value(address, "PrefixLength"), &Value::Integer(24));
}
