"""Writes objects of Exchange in the forms in which people export them.

An object is a dictionary of property values: None, bool, int, str, a list of
texts, or one of the types below. What a form cannot show, it does not show.
"""

import datetime
import json
from xml.sax.saxutils import escape

TYPES = {
    "Get-ReceiveConnector": "ReceiveConnector",
    "Get-SendConnector": "SmtpSendConnectorConfig",
    "Get-TransportConfig": "TransportConfigContainer",
    "Get-EdgeSubscription": "EdgeSubscription",
    "Get-ExchangeServer": "Microsoft.Exchange.Data.Directory.Management.ExchangeServer",
    "Get-OwaVirtualDirectory": "ADOwaVirtualDirectory",
    "Get-ActiveSyncVirtualDirectory": "ADMobileVirtualDirectory",
    "Get-WebServicesVirtualDirectory": "ADWebServicesVirtualDirectory",
    "Get-OabVirtualDirectory": "ADOabVirtualDirectory",
    "Get-AutodiscoverVirtualDirectory": "ADAutodiscoverVirtualDirectory",
    "Get-UMVirtualDirectory": "ADUMVirtualDirectory",
    "Get-OutlookAnywhere": "ADRpcHttpVirtualDirectory",
    "Get-PopSettings": "Pop3AdConfiguration",
    "Get-ImapSettings": "Imap4AdConfiguration",
}
# Cmdlets that answer for the organization, wherever they run.
ORGANIZATION = {"Get-EdgeSubscription", "Get-ADPermission"}


class Flags(list):
    """Values of an enumeration that are printed as one text, with commas."""


class Cut(list):
    """A list of which the export shows the first values and three dots."""


class Day(datetime.date):
    """A date that the export shows with the time."""


def _list_value(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Flags):
        return ", ".join(value) or "None"
    if isinstance(value, Cut):
        return "{" + ", ".join(value) + "...}"
    if isinstance(value, list):
        return "{" + ", ".join(value) + "}"
    if isinstance(value, Day):
        return f"{value.year}/{value.month:02}/{value.day:02} 9:00:00"
    return str(value)


def format_list(cmdlet, server, objects):
    """`Format-List` as the support bundle for Exchange 2007 files it."""
    where = f" -server '{server}'" if server and cmdlet not in ORGANIZATION else ""
    lines = [f"Result from: {cmdlet}{where}", "", ""]
    for properties in objects:
        width = max(map(len, properties))
        lines += [f"{name:<{width}} : {_list_value(value)}" for name, value in properties.items()]
        lines.append("")
    return "\r\n".join([*lines, "", ""]).encode("utf-16")


def _plain(value):
    if isinstance(value, Flags):
        return ", ".join(value) or "None"
    if isinstance(value, Day):
        return f"{value.isoformat()}T09:00:00"
    return value


def as_json(_cmdlet, _server, objects):
    """`ConvertTo-Json` of objects whose enumerations were made texts."""
    plain = [{name: _plain(value) for name, value in each.items()} for each in objects]
    return json.dumps(plain, indent=2).encode()


def as_csv(cmdlet, _server, objects):
    """`Export-Csv` of objects whose lists were joined with semicolons."""
    names = list(dict.fromkeys(name for each in objects for name in each))

    def cell(value):
        if value is None:
            return ""
        if isinstance(value, list) and not isinstance(value, Flags):
            value = ";".join(value)
        return '"' + str(_plain(value)).replace('"', '""') + '"'

    lines = [f"#TYPE {_type_name(cmdlet)}", ",".join(f'"{name}"' for name in names)]
    lines += [",".join(cell(each.get(name)) for name in names) for each in objects]
    return ("\r\n".join(lines) + "\r\n").encode()


def _type_name(cmdlet):
    name = TYPES[cmdlet]
    return name if "." in name else f"Microsoft.Exchange.Data.Directory.SystemConfiguration.{name}"


def _element(name, value, number):
    if value is None:
        return f'<Nil N="{name}" />'
    if isinstance(value, bool):
        return f'<B N="{name}">{str(value).lower()}</B>'
    if isinstance(value, int):
        return f'<I32 N="{name}">{value}</I32>'
    if isinstance(value, Flags):
        text = escape(_plain(value))
        return f'<Obj N="{name}" RefId="{number}"><ToString>{text}</ToString><I32>1</I32></Obj>'
    if isinstance(value, list):
        items = "".join(f"<S>{escape(item)}</S>" for item in value)
        return f'<Obj N="{name}" RefId="{number}"><LST>{items}</LST></Obj>'
    return f'<S N="{name}">{escape(str(_plain(value)))}</S>'


def clixml(cmdlet, _server, objects):
    """`Export-Clixml`, with the type of the cmdlet on every object."""
    lines = ['<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">']
    number = 0
    for each in objects:
        lines.append(f'  <Obj RefId="{number}"><TN RefId="{number}"><T>{_type_name(cmdlet)}</T>')
        lines.append("    <T>System.Object</T></TN><Props>")
        for name, value in each.items():
            number += 1
            lines.append("      " + _element(name, value, number))
        lines.append("    </Props></Obj>")
        number += 1
    return "\n".join([*lines, "</Objs>", ""]).encode("utf-16")


FORMS = {
    "list": ("_FL.TXT", format_list),
    "json": (".json", as_json),
    "csv": (".csv", as_csv),
    "clixml": (".xml", clixml),
}


def write(folder, form, cmdlet, server, objects):
    """Writes one export below a folder and gives back its path."""
    ending, render = FORMS[form]
    noun = cmdlet.removeprefix("Get-")
    path = folder / (server or "ORG") / f"{server or 'ORG'}_{noun}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render(cmdlet, server, objects))
    return path
