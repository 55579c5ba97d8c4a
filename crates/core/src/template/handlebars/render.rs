//! Fills a read template. Every value looked at, loop turn and partial costs a step, every byte counts.

use serde_json::{Map, Value};

use super::{
    partials::{MAIN, Sources},
    tree::{Arm, ArmKind, Block, Expr, Head, Helper, Include, LoopValue, Node, Path, Place},
    values::{Sink, Val, print},
};
use crate::{
    limits::Limits,
    names::nearest,
    secrets::Secrets,
    template::{TemplateError, TemplateFault},
};

/// Renders the template of `sources`.
pub(super) fn render(
    sources: &Sources,
    values: &Map<String, Value>,
    secrets: &Secrets,
    limits: &Limits,
) -> Result<String, TemplateError> {
    let root = Val::Object(values);
    let mut render = Render {
        sources,
        limits,
        secrets,
        root,
        steps: 0,
        file: None,
        frames: vec![Frame { context: Some(root), names: Vec::new(), call: true }],
        loops: Vec::new(),
        out: Out {
            text: String::new(),
            limit: limits.output_bytes,
            indent: String::new(),
            indent_next: false,
        },
    };
    match sources.get(MAIN) {
        Some(source) => render.nodes(&source.nodes)?,
        None => return Ok(String::new()),
    }
    Ok(render.out.text)
}

pub(super) struct Render<'a> {
    sources: &'a Sources,
    limits: &'a Limits,
    secrets: &'a Secrets,
    root: Val<'a>,
    steps: u64,
    /// The partial being rendered.
    file: Option<&'a str>,
    frames: Vec<Frame<'a>>,
    loops: Vec<Loop<'a>>,
    out: Out,
}

/// What names mean at one place.
struct Frame<'a> {
    /// What `this` is; nothing when it is that of the frame below.
    context: Option<Val<'a>>,
    /// Block parameters, or the named arguments of a partial.
    names: Vec<(&'a str, Val<'a>)>,
    /// The frame of the template or of a partial: block parameters from outside end here.
    call: bool,
}

struct Loop<'a> {
    index: usize,
    count: usize,
    key: Option<&'a str>,
}

/// The text so far.
struct Out {
    text: String,
    limit: usize,
    indent: String,
    indent_next: bool,
}

impl Sink for Out {
    type Full = TemplateFault;

    fn put(&mut self, text: &str) -> Result<(), TemplateFault> {
        if self.indent.is_empty() {
            return self.push(text);
        }
        for line in text.split_inclusive('\n') {
            if std::mem::replace(&mut self.indent_next, line.ends_with('\n')) {
                let indent = std::mem::take(&mut self.indent);
                let pushed = self.push(&indent);
                self.indent = indent;
                pushed?;
            }
            self.push(line)?;
        }
        Ok(())
    }
}

impl Out {
    fn push(&mut self, text: &str) -> Result<(), TemplateFault> {
        if self.text.len() + text.len() > self.limit {
            return Err(TemplateFault::RenderLimit { limit: self.limit as u64, unit: "bytes of output" });
        }
        self.text.push_str(text);
        Ok(())
    }
}

impl<'a> Render<'a> {
    /// One or more steps of work.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TemplateFault> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.limits.fuel {
            return Err(TemplateFault::RenderLimit { limit: self.limits.fuel, unit: "steps" });
        }
        Ok(())
    }

    fn nodes(&mut self, nodes: &'a [Node]) -> Result<(), TemplateError> {
        for node in nodes {
            match node {
                Node::Text(text) => {
                    let partial = self.file.map(str::to_owned);
                    let put = self.out.put(text);
                    put.map_err(|fault| TemplateError { fault, line: None, column: None, partial })?;
                }
                Node::Print(expr, place) => {
                    let printed = self.print(expr);
                    printed.map_err(|fault| self.at(*place, fault))?;
                }
                Node::Block(block) => self.block(block)?,
                Node::Include(include) => self.include(include)?,
            }
        }
        Ok(())
    }

    fn at(&self, place: Place, fault: TemplateFault) -> TemplateError {
        TemplateError { partial: self.file.map(str::to_owned), ..place.error(fault) }
    }

    fn print(&mut self, expr: &'a Expr) -> Result<(), TemplateFault> {
        // `lookup` is the way to ask for what may be absent, and `this` is whatever a list holds.
        let may_be_absent = match expr {
            Expr::Call(..) => true,
            Expr::Path(path) => path.segments.is_empty() && matches!(path.head, Head::Context(_)),
            Expr::Literal(_) => false,
        };
        if let Expr::Call(Helper::Lookup, params) = expr
            && let [object, _] = params.as_slice()
        {
            self.present(object)?;
        }
        match self.value(expr)? {
            Some(Val::Null) | None if !may_be_absent => Err(self.missing(expr)),
            Some(value) => print(value, &mut self.out),
            None => Ok(()),
        }
    }

    fn block(&mut self, block: &'a Block) -> Result<(), TemplateError> {
        for arm in &block.arms {
            if self.arm(arm)? {
                return Ok(());
            }
        }
        self.nodes(&block.otherwise)
    }

    /// Renders an arm if it applies.
    fn arm(&mut self, arm: &'a Arm) -> Result<bool, TemplateError> {
        let on = self.value(&arm.on).map_err(|fault| self.at(arm.place, fault))?;
        let applies = match (arm.kind, on) {
            (_, None | Some(Val::Null | Val::Bool(false))) => false,
            (ArmKind::If, Some(value)) => value.is_true() || (arm.zero_is_true && value.is_zero()),
            (ArmKind::Each, Some(value)) => matches!(value, Val::List(_) | Val::Object(_)) && value.is_true(),
            (ArmKind::With, Some(value)) => !matches!(value, Val::Text("") | Val::List([])),
            (ArmKind::Section, Some(value)) => !value.is_zero() && !matches!(value, Val::List([])),
        };
        if applies == arm.inverted {
            return Ok(false);
        }
        match (arm.kind, on) {
            _ if arm.inverted => self.nodes(&arm.body)?,
            (ArmKind::Each | ArmKind::Section, Some(Val::List(items))) => {
                for (index, item) in items.iter().enumerate() {
                    let turn = Loop { index, count: items.len(), key: None };
                    self.turn(arm, turn, item.into(), Val::Count(index))?;
                }
            }
            (ArmKind::Each, Some(Val::Object(map))) => {
                for (index, (key, item)) in map.iter().enumerate() {
                    let turn = Loop { index, count: map.len(), key: Some(key) };
                    self.turn(arm, turn, item.into(), Val::Text(key))?;
                }
            }
            (ArmKind::If, _) | (ArmKind::Section, Some(Val::Bool(_))) => self.nodes(&arm.body)?,
            (_, Some(value)) => self.inside(arm, value, Val::Null)?,
            (_, None) => {}
        }
        Ok(true)
    }

    fn turn(
        &mut self,
        arm: &'a Arm,
        turn: Loop<'a>,
        item: Val<'a>,
        key: Val<'a>,
    ) -> Result<(), TemplateError> {
        self.spend(1).map_err(|fault| self.at(arm.place, fault))?;
        self.loops.push(turn);
        self.inside(arm, item, key)?;
        self.loops.pop();
        Ok(())
    }

    fn inside(&mut self, arm: &'a Arm, context: Val<'a>, key: Val<'a>) -> Result<(), TemplateError> {
        let names = arm.names.iter().map(String::as_str).zip([context, key]).collect();
        self.frames.push(Frame { context: Some(context), names, call: false });
        self.nodes(&arm.body)?;
        self.frames.pop();
        Ok(())
    }

    fn include(&mut self, include: &'a Include) -> Result<(), TemplateError> {
        let frame = self.call_frame(include).map_err(|fault| self.at(include.place, fault))?;
        let Some(source) = self.sources.get(&include.name) else { return Ok(()) };
        let file = std::mem::replace(&mut self.file, source.file.as_deref());
        let indented = self.out.indent.len();
        self.out.indent_next |= !include.indent.is_empty();
        self.out.indent.push_str(&include.indent);
        self.frames.push(frame);
        stacker::maybe_grow(256 << 10, 1 << 20, || self.nodes(&source.nodes))?;
        self.frames.pop();
        self.out.indent.truncate(indented);
        self.file = file;
        Ok(())
    }

    fn call_frame(&mut self, include: &'a Include) -> Result<Frame<'a>, TemplateFault> {
        self.spend(1)?;
        let context = include.context.as_ref().map(|context| self.present(context)).transpose()?;
        let mut names = Vec::with_capacity(include.names.len());
        for (name, value) in &include.names {
            names.push((name.as_str(), self.present(value)?));
        }
        Ok(Frame { context, names, call: true })
    }

    /// The value of a secret, or its mask.
    pub(super) fn secret(&mut self, reference: &str) -> Result<&'a str, TemplateFault> {
        let missing = || TemplateFault::SecretMissing { reference: reference.to_owned() };
        let value = self.secrets.find(reference).ok_or_else(missing)?;
        self.spend(value.len() / 64)?;
        Ok(value)
    }

    /// A value that must be there.
    pub(super) fn present(&mut self, expr: &'a Expr) -> Result<Val<'a>, TemplateFault> {
        match self.value(expr)? {
            Some(value) => Ok(value),
            None => Err(self.missing(expr)),
        }
    }

    /// What an expression stands for; nothing when it is absent.
    pub(super) fn value(&mut self, expr: &'a Expr) -> Result<Option<Val<'a>>, TemplateFault> {
        match expr {
            Expr::Literal(value) => {
                self.spend(1)?;
                Ok(Some(value.into()))
            }
            Expr::Path(path) => {
                self.spend(1 + path.written.len() / 64)?;
                Ok(self.resolve(path))
            }
            Expr::Call(helper, params) => {
                self.spend(1)?;
                self.call(*helper, params)
            }
        }
    }

    fn resolve(&self, path: &'a Path) -> Option<Val<'a>> {
        let (mut value, rest) = match (path.head, path.segments.split_first()) {
            (Head::Root, _) => (self.root, path.segments.as_slice()),
            (Head::Loop(wanted, up), _) => (self.loop_value(wanted, up)?, path.segments.as_slice()),
            (Head::Name, Some((first, rest))) => (self.name(first)?, rest),
            (Head::Context(up), Some((first, rest))) => (self.field_above(up, first)?, rest),
            (Head::Context(up), None) => return self.context(up),
            (Head::Name, None) => return None,
        };
        for segment in rest {
            value = value.field(segment)?;
        }
        Some(value)
    }

    fn name(&self, name: &str) -> Option<Val<'a>> {
        for frame in self.frames.iter().rev() {
            if let Some((_, value)) = frame.names.iter().find(|(known, _)| *known == name) {
                return Some(*value);
            }
            if frame.call {
                break;
            }
        }
        self.field_above(0, name)
    }

    /// A field of the context so many levels up, or an argument given to a partial there.
    fn field_above(&self, up: usize, name: &str) -> Option<Val<'a>> {
        let mut left = up;
        for frame in self.frames.iter().rev() {
            if left == 0
                && frame.call
                && let Some((_, value)) = frame.names.iter().find(|(known, _)| *known == name)
            {
                return Some(*value);
            }
            match frame.context {
                Some(context) if left == 0 => return context.field(name),
                Some(_) => left -= 1,
                None => {}
            }
        }
        None
    }

    fn context(&self, up: usize) -> Option<Val<'a>> {
        self.frames.iter().rev().filter_map(|frame| frame.context).nth(up)
    }

    fn loop_value(&self, wanted: LoopValue, up: usize) -> Option<Val<'a>> {
        let turn = self.loops.iter().rev().nth(up)?;
        Some(match wanted {
            LoopValue::Index => Val::Count(turn.index),
            LoopValue::Key => turn.key.map_or(Val::Count(turn.index), Val::Text),
            LoopValue::First => Val::Bool(turn.index == 0),
            LoopValue::Last => Val::Bool(turn.index + 1 == turn.count),
        })
    }

    /// The fault of an expression that has no value, with a name that is spelt alike.
    fn missing(&self, expr: &Expr) -> TemplateFault {
        let Expr::Path(path) = expr else {
            return TemplateFault::Undefined {
                message: "`lookup` found nothing where a value is needed".into(),
            };
        };
        if matches!(path.head, Head::Loop(..)) {
            return TemplateFault::Undefined {
                message: format!("`{}` is known only inside `each`", path.written),
            };
        }
        let mut around = match path.head {
            Head::Root => Some(self.root),
            Head::Context(up) => self.context(up),
            _ => self.context(0),
        };
        let mut wanted = None;
        for segment in &path.segments {
            wanted = Some(segment.as_str());
            match around.and_then(|value| value.field(segment)) {
                Some(value) => around = Some(value),
                None => break,
            }
        }
        let nearest = match (around, wanted) {
            (Some(Val::Object(map)), Some(wanted)) if wanted.len() <= 64 => {
                let known = map
                    .keys()
                    .map(String::as_str)
                    .filter(|key| key.len() <= 64 && *key != wanted)
                    .take(1_000);
                nearest(wanted, known).map(str::to_owned)
            }
            _ => None,
        };
        TemplateFault::MissingVariable { path: path.written.chars().take(200).collect(), nearest }
    }
}
