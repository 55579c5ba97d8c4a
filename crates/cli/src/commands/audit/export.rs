//! `audit export`: the pages of the server as one file.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use promptsync_core::audit::{
    Revision,
    lines::{self, Line},
};

use crate::{
    Context,
    args::AuditExport,
    error::{CliError, Kind, Result},
    registry::Registry,
};

pub(super) fn run(args: &AuditExport, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let Some(path) = &args.output else {
        let mut out = std::io::stdout().lock();
        return pages(&registry, args.after, |page| Ok(out.write_all(page)?)).map(drop);
    };
    let failed = |error| CliError::file("write", path, &error);
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    let last = pages(&registry, args.after, |page| file.write_all(page).map_err(failed))?;
    file.flush().map_err(failed)?;
    context.printer.note(format!("Wrote the log up to entry {last} to {}.", path.display()));
    Ok(())
}

/// Asks for page after page until the signed end; gives the last entry.
pub(super) fn pages(
    registry: &Registry,
    after: Revision,
    mut each: impl FnMut(&[u8]) -> Result,
) -> Result<Revision> {
    let mut reached = None;
    loop {
        let page = registry.wait(registry.client.audit_export(after, reached))?;
        each(&page)?;
        match end_of(&page) {
            Some(End::Signed(last)) => return Ok(last),
            Some(End::Entry(last)) if reached.is_none_or(|before| last > before) => reached = Some(last),
            _ => {
                let message = "the server sent a page of the audit log that leads nowhere";
                return Err(CliError::new(Kind::Server, "unreadable", message));
            }
        }
    }
}

enum End {
    Signed(Revision),
    Entry(Revision),
}

/// How a page ends.
fn end_of(page: &[u8]) -> Option<End> {
    page.split_inclusive(|byte| *byte == b'\n').rev().find_map(|line| match lines::parse(line).ok()? {
        Line::Trailer(signed) => Some(End::Signed(signed.statement.revision)),
        Line::Entry(entry) => Some(End::Entry(entry.revision)),
        _ => None,
    })
}
