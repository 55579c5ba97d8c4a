//! What a disk holds after its power was cut: rebuilt from the calls of a process that strace saw.
//!
//! A write is certain to be there only after its file was synchronised; before that it is there or not, as the dice
//! fall. Names of files are taken to change at once, as journalling file systems nearly do. A call counts from the moment
//! it returned, so whatever was acknowledged because of it was acknowledged later.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The calls that change files, or make changes certain.
const CALLS: &str = "trace=openat,lseek,write,pwrite64,pwritev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,\
                     unlink,unlinkat";

/// How long strace may take to write the end of what it saw.
const PATIENCE: Duration = Duration::from_secs(20);

/// A moment, in microseconds, on the clock that strace writes down.
pub type Moment = u64;

/// The present moment.
#[expect(
    clippy::disallowed_methods,
    reason = "it is compared with the times that another program writes down"
)]
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(since.as_micros()).expect("a time of this age")
}

/// Whether this machine has strace and lets it work.
pub fn can_trace() -> bool {
    let tried = Command::new("strace")
        .args(["-f", "--seccomp-bpf", "-e", "trace=openat", "-o", "/dev/null", "true"])
        .status();
    tried.is_ok_and(|status| status.success())
}

/// The words before a command with which its calls are written to this file. The command's process stays the one that was
/// started: strace watches from aside.
pub fn traced(trace: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = [
        "strace",
        "-D",
        "-f",
        "-ttt",
        "-T",
        "-y",
        "-xx",
        "-s",
        "1048576",
        "--seccomp-bpf",
        "-e",
        CALLS,
        "-o",
    ]
    .map(OsString::from)
    .into();
    words.push(trace.into());
    words
}

/// The files under a folder, as they were before the process started, and what it did to them.
#[derive(Debug)]
pub struct Disk {
    before: PathBuf,
    changes: Vec<(Moment, Change)>,
}

#[derive(Debug)]
enum Change {
    Opened {
        file: PathBuf,
        truncated: bool,
    },
    Moved {
        file: PathBuf,
        to: u64,
    },
    /// Without a place it goes where the last one ended.
    Wrote {
        file: PathBuf,
        at: Option<u64>,
        bytes: Vec<u8>,
    },
    Cut {
        file: PathBuf,
        length: u64,
    },
    Synchronised(PathBuf),
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Removed(PathBuf),
}

/// A file: what is certain, and what may be lost.
#[derive(Default)]
struct Content {
    certain: Vec<u8>,
    pending: Vec<Pending>,
    position: u64,
}

enum Pending {
    Bytes { at: u64, bytes: Vec<u8> },
    Length(u64),
}

impl Disk {
    /// Reads a trace once its process has ended. `folder` is what the process changed, `before` a copy of it as it was
    /// when everything in it was certain.
    pub fn read(trace: &Path, folder: &Path, before: &Path) -> Self {
        let began = Instant::now();
        let text = loop {
            let text = fs::read_to_string(trace).unwrap_or_default();
            let first = text.split_whitespace().next().unwrap_or_default();
            let is_last = |line: &str| line.starts_with(first) && line.contains(" +++ ");
            if text.ends_with('\n') && text.lines().rev().take(200).any(is_last) {
                break text;
            }
            assert!(began.elapsed() < PATIENCE, "strace did not see the end of {}", folder.display());
            thread::sleep(Duration::from_millis(20));
        };
        let mut half: HashMap<&str, &str> = HashMap::new();
        let mut changes = Vec::new();
        for line in text.lines() {
            let Some((process, rest)) = line.split_once(' ') else { continue };
            let Some((time, call)) = rest.trim_start().split_once(' ') else { continue };
            if let Some(call) = call.strip_suffix(" <unfinished ...>") {
                half.insert(process, call);
                continue;
            }
            let whole = match call.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
                Some((_, end)) => format!("{}{end}", half.remove(process).unwrap_or_default()),
                None => call.to_owned(),
            };
            let is_resumed = call.starts_with("<...");
            if let Some((change, took)) = parse(&whole) {
                let moment = micros(time) + if is_resumed { 0 } else { took };
                changes.extend(change.inside(folder).map(|change| (moment, change)));
            }
        }
        changes.sort_by_key(|(moment, _)| *moment);
        Self { before: before.to_owned(), changes }
    }

    /// Writes and synchronisations that were seen.
    pub fn counts(&self) -> (usize, usize) {
        let count =
            |wanted: fn(&Change) -> bool| self.changes.iter().filter(|(_, change)| wanted(change)).count();
        (
            count(|change| matches!(change, Change::Wrote { .. })),
            count(|change| matches!(change, Change::Synchronised(_))),
        )
    }

    /// Puts into a new folder what is there when the power was cut at this moment; `survives` says of each write that was
    /// not certain whether it had reached the disk.
    pub fn cut(&self, moment: Moment, mut survives: impl FnMut() -> bool, into: &Path) {
        let copied = Command::new("cp").arg("-a").arg(&self.before).arg(into).status();
        assert!(copied.expect("cp runs").success(), "the folder is copied");
        let mut files: BTreeMap<&Path, Content> = BTreeMap::new();
        for (_, change) in self.changes.iter().take_while(|(time, _)| *time <= moment) {
            change.apply(&mut files, into);
        }
        for (path, content) in files {
            let path = into.join(path);
            if path.is_dir() {
                continue;
            }
            fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
            let left = content.after(&mut survives);
            // Keeps the owner of a file that was there before.
            fs::write(path, left).expect("a file");
        }
    }
}

impl Content {
    fn settle(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            pending.apply(&mut self.certain);
        }
    }

    fn after(mut self, survives: &mut impl FnMut() -> bool) -> Vec<u8> {
        self.pending.retain(|_| survives());
        self.settle();
        self.certain
    }
}

impl Pending {
    fn apply(self, file: &mut Vec<u8>) {
        match self {
            Self::Bytes { at, bytes } => {
                let at = usize::try_from(at).expect("a place in memory");
                file.resize(file.len().max(at + bytes.len()), 0);
                file[at..at + bytes.len()].copy_from_slice(&bytes);
            }
            Self::Length(length) => file.resize(usize::try_from(length).expect("a place in memory"), 0),
        }
    }
}

impl Change {
    /// The same with paths relative to the folder; nothing when it is about other files.
    fn inside(self, folder: &Path) -> Option<Self> {
        let inside = |path: PathBuf| {
            if path.is_absolute() { path.strip_prefix(folder).ok().map(Path::to_owned) } else { Some(path) }
        };
        Some(match self {
            Self::Opened { file, truncated } => Self::Opened { file: inside(file)?, truncated },
            Self::Moved { file, to } => Self::Moved { file: inside(file)?, to },
            Self::Wrote { file, at, bytes } => Self::Wrote { file: inside(file)?, at, bytes },
            Self::Cut { file, length } => Self::Cut { file: inside(file)?, length },
            Self::Synchronised(file) => Self::Synchronised(inside(file)?),
            Self::Renamed { from, to } => Self::Renamed { from: inside(from)?, to: inside(to)? },
            Self::Removed(file) => Self::Removed(inside(file)?),
        })
    }

    fn apply<'a>(&'a self, files: &mut BTreeMap<&'a Path, Content>, into: &Path) {
        let known = |file: &Path| Content {
            certain: fs::read(into.join(file)).unwrap_or_default(),
            ..Content::default()
        };
        let file = match self {
            Self::Renamed { from, .. } => from,
            Self::Opened { file, .. } | Self::Moved { file, .. } | Self::Wrote { file, .. } => file,
            Self::Cut { file, .. } | Self::Synchronised(file) | Self::Removed(file) => file,
        };
        let content = files.entry(file).or_insert_with(|| known(file));
        match self {
            Self::Opened { truncated, .. } => {
                content.position = 0;
                if *truncated {
                    content.pending.push(Pending::Length(0));
                }
            }
            Self::Moved { to, .. } => content.position = *to,
            Self::Wrote { at, bytes, .. } => {
                let place = at.unwrap_or(content.position);
                if at.is_none() {
                    content.position += bytes.len() as u64;
                }
                content.pending.push(Pending::Bytes { at: place, bytes: bytes.clone() });
            }
            Self::Cut { length, .. } => content.pending.push(Pending::Length(*length)),
            Self::Synchronised(_) => content.settle(),
            Self::Renamed { from, to } => {
                let moved = files.remove(from.as_path()).unwrap_or_default();
                files.insert(to, moved);
                let _ = fs::remove_file(into.join(from));
            }
            Self::Removed(_) => {
                files.remove(file.as_path());
                let _ = fs::remove_file(into.join(file));
            }
        }
    }
}

/// `1795297326.495639` in microseconds.
fn micros(time: &str) -> Moment {
    time.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("strace writes times")
}

/// What a whole line says, and how long the call took; nothing when it failed or changes nothing.
fn parse(line: &str) -> Option<(Change, u64)> {
    let (line, took) = line.rsplit_once(" <").unwrap_or((line, "0>"));
    let took = micros(took.trim_end_matches('>'));
    let (call, result) = line.rsplit_once(" = ")?;
    let (name, arguments) = call.split_once('(')?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    if result.starts_with('-') {
        return None;
    }
    let file = || {
        Some(PathBuf::from(OsString::from_vec(unescaped(arguments.split_once('<')?.1.split_once('>')?.0))))
    };
    let last = || arguments.rsplit_once(", ")?.1.parse::<u64>().ok();
    let quoted = || arguments.split('"').skip(1).step_by(2);
    let path = |text: &str| PathBuf::from(OsStr::from_bytes(&unescaped(text)));
    let written = |at| {
        let mut bytes: Vec<u8> = quoted().flat_map(unescaped).collect();
        bytes.truncate(result.parse().ok()?);
        Some(Change::Wrote { file: file()?, at, bytes })
    };
    let change = match name {
        "openat" => {
            let opened = unescaped(result.split_once('<')?.1.strip_suffix('>')?);
            let file = PathBuf::from(OsString::from_vec(opened));
            Change::Opened { file, truncated: arguments.contains("O_TRUNC") }
        }
        "lseek" => Change::Moved { file: file()?, to: result.parse().ok()? },
        "write" => written(None)?,
        "pwrite64" | "pwritev" => written(Some(last()?))?,
        "ftruncate" => Change::Cut { file: file()?, length: last()? },
        "fsync" | "fdatasync" => Change::Synchronised(file()?),
        "rename" | "renameat" | "renameat2" => {
            let mut names = quoted().map(path);
            Change::Renamed { from: names.next()?, to: names.next()? }
        }
        "unlink" | "unlinkat" => Change::Removed(path(quoted().next()?)),
        _ => return None,
    };
    Some((change, took))
}

/// The bytes behind `\x41\x42`; what is not written so stands for itself.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len() / 4), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.strip_prefix(b"x").and_then(|digits| digits.get(..2));
        let value = digits
            .filter(|_| *first == b'\\')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(value.unwrap_or(*first));
        rest = &rest[if value.is_some() { 4 } else { 1 }..];
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"7 1.000001 openat(AT_FDCWD</d>, "\x61", O_RDWR|O_CREAT, 0600) = 3</d/a> <0.000001>
7 1.000010 pwrite64(3<\x2f\x64/a>, "\x6f\x6e\x65", 3, 0) = 3 <0.000001>
7 1.000020 fdatasync(3</d/a> <unfinished ...>
8 1.000025 openat(AT_FDCWD</d>, "/e/b", O_RDONLY) = -1 ENOENT (No such file) <0.000001>
7 1.000030 <... fdatasync resumed>) = 0 <0.000010>
7 1.000040 pwritev(3</d/a>, [{iov_base="\x54", iov_len=1}, {iov_base="\x57", iov_len=1}], 2, 0) = 2 <0.000001>
7 1.000050 rename("a", "/d/b") = 0 <0.000001>
7 1.000060 +++ exited with 0 +++
"#;

    #[test]
    fn what_was_synchronised_is_there_and_the_rest_as_the_dice_fall() {
        let place = tempfile::TempDir::new().expect("a folder");
        let (trace, before) = (place.path().join("trace"), place.path().join("before"));
        fs::write(&trace, TRACE).and_then(|()| fs::create_dir(&before)).expect("files");
        let disk = Disk::read(&trace, Path::new("/d"), &before);
        assert_eq!(disk.counts(), (2, 1));
        let cases = [
            (29, true, "a", "one"),
            (29, false, "a", ""),
            (30, false, "a", "one"),
            (45, false, "a", "one"),
            (45, true, "a", "TWe"),
            (55, false, "b", "one"),
        ];
        for (number, (time, survives, name, expected)) in cases.into_iter().enumerate() {
            let into = place.path().join(number.to_string());
            disk.cut(1_000_000 + time, || survives, &into);
            let found = fs::read_to_string(into.join(name)).expect("the file");
            assert_eq!(found, expected, "{time} {survives}");
            assert_eq!(fs::read_dir(into).expect("a folder").count(), 1, "{time}");
        }
    }
}
