# Exports the Exchange settings that exlint reads.
#
#   .\export-exlint.ps1 C:\exports
#
# Run it in the Exchange Management Shell of one server inside, and on every
# Edge Transport server. It works with PowerShell 1.0 (Exchange 2007) and
# later, changes nothing, and writes only below the folder that is given.
# Every cmdlet is written twice: NAME.xml (Export-Clixml) keeps whole values,
# NAME_FL.TXT (Format-List) shows what a certificate is used for.
# No password is written: credentials are left out before anything is saved.

param($Folder = $(throw "Give a folder: .\export-exlint.ps1 C:\exports"))

$ErrorActionPreference = "SilentlyContinue"
$FormatEnumerationLimit = -1
$Computer = [Environment]::MachineName

# Cmdlets that answer for the whole organization.
$OfOrganization = @(
    "Get-ExchangeServer",
    "Get-ReceiveConnector",
    "Get-SendConnector",
    "Get-ForeignConnector",
    "Get-RoutingGroupConnector",
    "Get-TransportConfig",
    "Get-TransportServer",
    "Get-TransportService",
    "Get-FrontendTransportService",
    "Get-MailboxTransportService",
    "Get-EdgeSubscription",
    "Get-EdgeSyncServiceConfig",
    "Get-AcceptedDomain",
    "Get-RemoteDomain",
    "Get-OwaVirtualDirectory",
    "Get-ActiveSyncVirtualDirectory",
    "Get-WebServicesVirtualDirectory",
    "Get-OabVirtualDirectory",
    "Get-OfflineAddressBook",
    "Get-AutodiscoverVirtualDirectory",
    "Get-UMVirtualDirectory",
    "Get-EcpVirtualDirectory",
    "Get-MapiVirtualDirectory",
    "Get-PowerShellVirtualDirectory",
    "Get-OutlookAnywhere",
    "Get-ClientAccessServer",
    "Get-ClientAccessService",
    "Get-RpcClientAccess",
    "Get-MailboxServer",
    "Get-MailboxDatabase",
    "Get-PublicFolderDatabase",
    "Get-StorageGroup",
    "Get-StorageGroupCopyStatus",
    "Get-DatabaseAvailabilityGroup",
    "Get-UMDialPlan",
    "Get-UMIPGateway",
    "Get-UMHuntGroup",
    "Get-UMServer",
    "Get-UMService",
    "Get-UMCallRouterSettings",
    "Get-OrganizationConfig",
    "Get-ADSite",
    "Get-AdSiteLink",
    "Get-SenderReputationConfig",
    "Get-RecipientFilterConfig"
)

# Cmdlets that answer for the server that they run on.
$OfThisServer = @(
    "Get-ExchangeCertificate",
    "Get-TransportAgent",
    "Get-ClusteredMailboxServerStatus",
    "Get-SmbServerConfiguration",
    "Get-ClusterNode",
    "Get-ClusterGroup",
    "Get-ClusterResource"
)

# Cmdlets of the directory, where its module is.
$OfDirectory = @(
    "Get-ADReplicationSubnet",
    "Get-ADReplicationSite",
    "Get-ADReplicationSiteLink",
    "Get-ADDomainController"
)

# Programs that tell the same on every Windows. They only read.
$Programs = @(
    "nltest /dsgetsite",
    "nltest /dclist:%USERDNSDOMAIN%",
    "dsquery * forestroot -filter (objectClass=subnet) -attr name siteObject -limit 0",
    "cluster node",
    "cluster group"
)

# Cmdlets that must be asked for each server.
$OfEachServer = @(
    "Get-PopSettings",
    "Get-ImapSettings"
)

# Properties that hold credentials.
$Secrets = @(
    "AuthenticationCredential",
    "AlternateServiceAccountCredential",
    "AlternateServiceAccountConfiguration"
)

$NotRead = @()
$Empty = @()

# Whether a cmdlet is there in this version.
function Test-Cmdlet($Name) {
    $Found = Get-Command $Name -ErrorAction SilentlyContinue
    return ($Found -ne $null)
}

# Writes what a cmdlet returned. Objects that can hold a credential are
# rebuilt without it before they are saved.
function Save-Objects($Objects, $Command, $Name) {
    $Safe = $Objects | Select-Object * -ExcludeProperty $Secrets
    $Holds = $false
    foreach ($Object in @($Objects)) {
        foreach ($Secret in $Secrets) {
            if ($Object.PSObject.Properties[$Secret] -ne $null) { $Holds = $true }
        }
    }
    if (-not $Holds) { $Safe = $Objects }
    $Xml = Join-Path $Folder ($Name + ".xml")
    $Text = Join-Path $Folder ($Name + "_FL.TXT")
    $Safe | Export-Clixml $Xml
    ("Result from: " + $Command) | Out-File $Text -Encoding Unicode -Width 4096
    $Safe | Format-List * | Out-File $Text -Encoding Unicode -Width 4096 -Append
}

# Keeps apart: returned objects, returned nothing, could not be read.
function Read-Cmdlet($Cmdlet, $Server, $Name) {
    $Command = $Cmdlet
    # The list of errors stops to grow when it is full.
    $Error.Clear()
    if ($Server -ne $null -and $Cmdlet -eq "Get-NetworkConnectionInfo") {
        $Command = $Cmdlet + " " + $Server
        $Objects = & $Cmdlet $Server
    } elseif ($OfDirectory -contains $Cmdlet) {
        $Command = $Cmdlet + " -Filter *"
        $Objects = & $Cmdlet -Filter "*"
    } elseif ($Server -ne $null) {
        $Command = $Cmdlet + " -Server " + $Server
        $Objects = & $Cmdlet -Server $Server
    } else {
        $Objects = & $Cmdlet
    }
    $Failed = ($Error.Count -gt 0)
    if ($Objects -ne $null) {
        Save-Objects $Objects $Command $Name
        Write-Host ("read      " + $Command)
        if ($Failed) { $script:NotRead += ($Command + "  (not all objects)") }
    } elseif ($Failed) {
        $script:NotRead += $Command
        Write-Host ("failed    " + $Command)
    } else {
        $script:Empty += $Command
        Write-Host ("nothing   " + $Command)
    }
}

if (-not (Test-Path $Folder)) {
    New-Item $Folder -Type Directory | Out-Null
}
if (-not (Test-Path $Folder)) {
    # throw would be passed over in silence here.
    Write-Host ("The folder cannot be made: " + $Folder)
    exit 1
}
if (-not (Test-Cmdlet "Get-ExchangeServer")) {
    foreach ($SnapIn in @(
        "Microsoft.Exchange.Management.PowerShell.Admin",
        "Microsoft.Exchange.Management.PowerShell.E2010",
        "Microsoft.Exchange.Management.PowerShell.SnapIn")) {
        Add-PSSnapin $SnapIn -ErrorAction SilentlyContinue
    }
}
if (-not (Test-Cmdlet "Get-ExchangeServer")) {
    Write-Host "The Exchange cmdlets are not here. Run this in the Exchange Management Shell."
    exit 1
}

foreach ($Cmdlet in ($OfOrganization + $OfThisServer + $OfDirectory)) {
    if (Test-Cmdlet $Cmdlet) {
        $Noun = $Cmdlet.Substring(4)
        Read-Cmdlet $Cmdlet $null ($Computer + "_" + $Noun)
    }
}

foreach ($Server in @(Get-ExchangeServer)) {
    if ($Server -eq $null) { continue }
    $Name = [string]$Server.Name
    if (Test-Cmdlet "Get-NetworkConnectionInfo") {
        Read-Cmdlet "Get-NetworkConnectionInfo" $Name ($Name + "_NetworkConnectionInfo")
    }
    if ([string]$Server.ServerRole -match "ClientAccess|Mailbox") {
        foreach ($Cmdlet in $OfEachServer) {
            if (Test-Cmdlet $Cmdlet) {
                Read-Cmdlet $Cmdlet $Name ($Name + "_" + $Cmdlet.Substring(4))
            }
        }
    }
}

# A program that is not here prints nothing but an error, which is left out.
$Printed = Join-Path $Folder ($Computer + "_directory-tools.txt")
foreach ($Program in $Programs) {
    $Lines = cmd /c ($Program + " 2>nul")
    if ($Lines -ne $null) {
        ("Result from: " + $Program) | Out-File $Printed -Encoding Unicode -Width 4096 -Append
        $Lines | Out-File $Printed -Encoding Unicode -Width 4096 -Append
    }
}

# Who may do what with a connector: only where its groups do not tell.
if (Test-Cmdlet "Get-ADPermission") {
    foreach ($Connector in @(Get-ReceiveConnector)) {
        if ([string]$Connector.PermissionGroups -match "Custom") {
            $File = ([string]$Connector.Identity) -replace "[^A-Za-z0-9.-]", "-"
            $Objects = Get-ADPermission $Connector.Identity
            if ($Objects -ne $null) {
                Save-Objects $Objects ("Get-ADPermission '" + $Connector.Identity + "'") ($File + "_ADPermission")
            } else {
                $NotRead += ("Get-ADPermission '" + $Connector.Identity + "'")
            }
        }
    }
}

# exlint takes a command in this list for one that returned nothing.
if ($Empty.Count -gt 0) {
    $Empty | Out-File (Join-Path $Folder ($Computer + "__Export_No_Result.TXT")) -Encoding Unicode -Width 4096
}

Write-Host ""
if ($NotRead.Count -gt 0) {
    Write-Host "Not read:"
    foreach ($Line in $NotRead) { Write-Host ("  " + $Line) }
    $NotRead | Out-File (Join-Path $Folder ($Computer + "_export-not-read.log")) -Encoding Unicode -Width 4096
} else {
    Write-Host "Every cmdlet of this version was read."
}
Write-Host ("Give exlint the folder " + $Folder)
