//! `exlint trace`: one flow explained, or a batch of questions answered.

mod batch;
mod line;
mod names;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use self::names::{Names, Trouble};
use super::args::Format;
use super::failure::{Explained, Failure};
use super::session::Session;
use crate::flow::{self, ConnectionState, Context, Crossing, Network, Query};
use crate::report::json::{self, trace::JsonTrace};
use crate::report::trace::{Asked, Trace};

/// Options of `trace`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  exlint trace ./exports --from hub1 --to edge1 --service smtp
  exlint trace fw.cfg --device fw --in outside --from 198.51.100.7 \\
      --to 192.0.2.25 --service tcp/25
  exlint trace fw.cfg --filter outside_in --from any --to 192.0.2.25 \\
      --service tcp/1-1023
  exlint trace fw.cfg --batch questions.jsonl > answers.jsonl

Exit codes: 0 answered, whatever the verdict; 2 usage or unreadable input;
3 no input recognised.")]
pub struct TraceArgs {
    /// Files, folders, or `-` for standard input; the current folder when left out.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Who sends: an address, CIDR, range, server, zone, or `internet`.
    #[arg(long, value_name = "END", required_unless_present = "batch")]
    pub from: Option<String>,

    /// Who receives: an address, CIDR, range, server or zone.
    #[arg(long, value_name = "END", required_unless_present = "batch")]
    pub to: Option<String>,

    /// Which service: `tcp/25`, `udp/53`, `icmp/8`, `smtp` …; several with commas.
    #[arg(long, value_name = "SERVICE", required_unless_present = "batch")]
    pub service: Option<String>,

    /// Source port or ports (`40000`, `1024-65535`); 1024-65535 when left out.
    #[arg(long, value_name = "PORTS")]
    pub source_port: Option<String>,

    /// Ask this firewall alone.
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,

    /// Interface or zone where the packets come in; from networks and routes when left out.
    #[arg(long = "in", value_name = "NAME")]
    pub ingress: Option<String>,

    /// Interface or zone where they go out; from routes when left out.
    #[arg(long = "out", value_name = "NAME")]
    pub egress: Option<String>,

    /// Ask this list (access list, policy, chain) alone: no interfaces, no translation.
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,

    /// File of questions, one JSON object per line; `-` for standard input.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["from", "to", "service", "source_port", "device", "ingress", "egress", "filter", "format"]
    )]
    pub batch: Option<PathBuf>,

    /// Format of the output.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "human")]
    pub format: Format,
}

/// Runs the command.
pub fn run(session: &Session, args: &TraceArgs) -> Result<u8, Failure> {
    let stdin = |path: &PathBuf| path.as_os_str() == "-";
    if args.batch.as_ref().is_some_and(stdin) && args.paths.iter().any(stdin) {
        return Err(Failure::User(Explained::new(
            session.words.get("trace.two-stdin").to_owned(),
            &[session.words.get("usage.hint")],
        )));
    }
    let run = session.gather(&args.paths)?;
    if let Some(failure) = session.nothing_recognised(&run) {
        return Err(failure);
    }
    let network = Network::new(&run.estate);
    let names = Names {
        estate: &run.estate,
        network: &network,
    };
    if let Some(path) = &args.batch {
        return batch::run(session, &run.sources, names, path);
    }
    let (answer, told, asked) = ask(names, args).map_err(|trouble| failure(session, &trouble))?;
    let trace = Trace {
        asked,
        sources: &run.sources,
        estate: &run.estate,
        network: &network,
        stories: network.stories(&answer, &told),
        answer,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Human => session.human(&mut out, session.paint).trace(&trace)?,
        Format::Json => json::write(&mut out, &JsonTrace::new(&trace))?,
    }
    out.flush()?;
    Ok(0)
}

type Told = (flow::Answer, flow::Asked, Asked);

/// Answers the question of the options.
fn ask(names: Names<'_>, args: &TraceArgs) -> Result<Told, Trouble> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let asked = Asked {
        from: text(&args.from),
        to: text(&args.to),
        service: text(&args.service),
        source_port: args.source_port.clone(),
        device: args.device.clone(),
        ingress: args.ingress.clone(),
        egress: args.egress.clone(),
        filter: args.filter.clone(),
    };
    let source_ports = args.source_port.as_deref().map(names::ports).transpose()?;
    let services = names::service(&asked.service, source_ports)?;
    let device = match &args.device {
        Some(name) => Some(names.device(name)?),
        None => names.device_of(
            args.filter.as_deref(),
            args.ingress.as_deref().or(args.egress.as_deref()),
        )?,
    };
    let from = names.end(&asked.from, device)?;
    let to = names.end(&asked.to, device)?;
    let network = names.network;
    if let (flow::Endpoint::Addresses(a), flow::Endpoint::Addresses(b)) = (&from, &to)
        && !names::same_family(a, b)
    {
        return Err(Trouble::new(
            "trace.mixed-families",
            &[("from", &asked.from), ("to", &asked.to)],
        ));
    }
    let Some(firewall) = device else {
        let answer = network.trace(&Query::new(from, to, services));
        return Ok((answer, flow::Asked::default(), asked));
    };
    let known = |end: &flow::Endpoint, name: &str| {
        network
            .addresses_of(end)
            .map_err(|why| Trouble::new("trace.no-address", &[("name", name), ("why", &why.text)]))
    };
    let (from, to) = (known(&from, &asked.from)?, known(&to, &asked.to)?);
    if !names::same_family(&from, &to) {
        return Err(Trouble::new(
            "trace.mixed-families",
            &[("from", &asked.from), ("to", &asked.to)],
        ));
    }
    let interface = |name: &Option<String>, inside| {
        name.as_deref()
            .map(|name| names.interface(firewall, name, Some(inside)))
            .transpose()
    };
    let crossing = Crossing {
        firewall,
        ingress: interface(&args.ingress, &from)?,
        egress: interface(&args.egress, &to)?,
    };
    let filter = args
        .filter
        .as_deref()
        .map(|name| names.filter(firewall, name))
        .transpose()?;
    let packets = flow::cubes(&from, &to, &services);
    let state = ConnectionState::New;
    let answer = match filter {
        Some(filter) => {
            let context = Context {
                ingress: crossing.ingress,
                egress: crossing.egress,
                state,
                new_destination: None,
            };
            network.filter(firewall, filter, &packets, &context)
        }
        None => network.connect(&crossing, &packets),
    };
    let told = flow::Asked {
        crossing: Some(crossing),
        filter,
        state,
    };
    Ok((answer, told, asked))
}

fn failure(session: &Session, trouble: &Trouble) -> Failure {
    let mut explained = Explained::new(trouble.text(session.words), &[]);
    if let Some(near) = &trouble.near {
        explained
            .help
            .push(session.words.fill("error.help-nearest", &[("near", near)]));
    }
    explained
        .help
        .push(session.words.get("usage.hint").to_owned());
    Failure::User(explained)
}
