//! Backup files: written aside and renamed, so that a file with the name is always whole; `-` is stdin or stdout.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use assay_check::transfer::{self, Snapshot};

use crate::error::Fatal;

pub(crate) fn write(path: &Path, snapshot: &Snapshot) -> Result<(), Fatal> {
    let failed = |e: std::io::Error| Fatal::Transfer(format!("{}: {e}", path.display()));
    if path == Path::new("-") {
        return transfer::print(snapshot, &mut std::io::stdout().lock()).map_err(failed);
    }
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = tempfile::NamedTempFile::new_in(dir).map_err(failed)?;
    let mut out = BufWriter::new(aside.as_file_mut());
    transfer::print(snapshot, &mut out).and_then(|()| out.flush()).map_err(failed)?;
    drop(out);
    aside.as_file().sync_all().map_err(failed)?;
    aside.persist(path).map(drop).map_err(|e| failed(e.error))
}

pub(crate) fn read(path: &Path) -> Result<Snapshot, Fatal> {
    let named = |what: &dyn std::fmt::Display| Fatal::Transfer(format!("{}: {what}", path.display()));
    let snapshot = if path == Path::new("-") {
        transfer::parse(std::io::stdin().lock())
    } else {
        transfer::parse(BufReader::new(File::open(path).map_err(|e| named(&e))?))
    };
    snapshot.map_err(|e| named(&e))
}
