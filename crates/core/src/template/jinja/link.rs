//! From compiled sources to one guarded program.
//!
//! Includes, imports, parents and blocks are linked in place, so that every instruction of a render is one that
//! passed through here. Instructions whose cost depends on their operands are replaced by guarded filters, or
//! get a guard in front; see [`super::operators`]. Places survive: each source has its own range of offsets.

use std::collections::BTreeMap;

use minijinja::{
    Value,
    machinery::{CodeGenerator, Instruction, Instructions, Span},
};

use super::{analysis, operators, secrets};
use crate::{
    limits::Limits,
    template::{ELSEWHERE, SECRET, TemplateError, TemplateFault},
};

/// Instructions of one program. A source of the largest size makes about 30,000.
const INSTRUCTIONS: u32 = 250_000;

/// Filters and tests that the engine caches per run.
const CACHED: usize = 50;

/// The longest raw text that a loop may write without paying: fuel bounds how often.
const FREE_TEXT: usize = 32;

/// A template and the partials it reaches, as text.
#[derive(Debug)]
pub(super) struct Sources {
    pub main: String,
    pub partials: Vec<(String, String)>,
}

impl Sources {
    /// The partial and source that an offset of the linked program falls into, and the offset there.
    pub(super) fn find(&self, offset: usize) -> (Option<&str>, &str, usize) {
        let mut base = 0;
        for (name, source) in self.all() {
            if offset <= base + source.len() {
                return (name, source, offset - base);
            }
            base += source.len() + 1;
        }
        (None, &self.main, 0)
    }

    fn all(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let partials = self.partials.iter().map(|(name, source)| (Some(name.as_str()), source.as_str()));
        std::iter::once((None, self.main.as_str())).chain(partials)
    }
}

/// One compiled source.
struct Unit<'s> {
    code: Instructions<'s>,
    blocks: BTreeMap<&'s str, Instructions<'s>>,
    base: u32,
}

/// Compiles and links sources that the analysis has passed. When they ask for secrets, `secret` is the function and
/// nothing else.
pub(super) fn program<'s>(
    sources: &'s Sources,
    asks_secrets: bool,
    limits: &Limits,
) -> Result<Instructions<'s>, TemplateError> {
    let mut units = BTreeMap::new();
    let mut base = 0;
    for (name, source) in sources.all() {
        let tree = analysis::parse(source)?;
        let mut generator = CodeGenerator::new("", source);
        generator.compile_stmt(&tree);
        let (code, blocks) = generator.finish();
        units.insert(name, Unit { code, blocks, base });
        base += u32::try_from(source.len()).unwrap_or(u32::MAX) + 1;
    }
    let mut linker = Linker {
        units: &units,
        out: Instructions::new("", &sources.main),
        length: 0,
        filters: Vec::new(),
        tests: Vec::new(),
        inlined: 0,
        text: 0,
        asks_secrets,
        limits,
    };
    linker.unit(None, &mut Inherited::new(), false)?;
    Ok(linker.out)
}

/// Blocks by name, the overriding one first, each with the base of its source.
type Inherited<'u, 's> = BTreeMap<&'s str, Vec<(&'u Instructions<'s>, u32)>>;

struct Linker<'u, 's> {
    units: &'u BTreeMap<Option<&'s str>, Unit<'s>>,
    out: Instructions<'s>,
    length: u32,
    filters: Vec<&'s str>,
    tests: Vec<&'s str>,
    inlined: usize,
    /// Bytes of text so far, each copy counted.
    text: usize,
    asks_secrets: bool,
    limits: &'u Limits,
}

/// Where a piece of code stands.
struct Piece<'u, 's> {
    code: &'u Instructions<'s>,
    base: u32,
    /// Whether it may run more than once.
    repeated: bool,
    /// The block it belongs to, and how often that was overridden.
    block: Option<(&'s str, usize)>,
}

impl<'u, 's> Linker<'u, 's> {
    fn unit(
        &mut self,
        name: Option<&'s str>,
        inherited: &mut Inherited<'u, 's>,
        repeated: bool,
    ) -> Result<(), TemplateError> {
        let Some(unit) = self.units.get(&name) else { return Ok(()) };
        for (block, code) in &unit.blocks {
            inherited.entry(block).or_default().push((code, unit.base));
        }
        let piece = Piece { code: &unit.code, base: unit.base, repeated, block: None };
        if let Some(parent) = self.piece(&piece, inherited)? {
            self.emit(Instruction::EndCapture, Span::default());
            self.emit(Instruction::DiscardTop, Span::default());
            self.unit(Some(parent), inherited, repeated)?;
        }
        Ok(())
    }

    /// Links one stream of instructions; gives the parent's name when it extends one.
    fn piece(
        &mut self,
        piece: &Piece<'u, 's>,
        inherited: &mut Inherited<'u, 's>,
    ) -> Result<Option<&'s str>, TemplateError> {
        self.inlined += 1;
        if self.inlined > self.limits.partial_expansions || self.next() > INSTRUCTIONS {
            let limit = self.limits.partial_expansions;
            let fault = TemplateFault::PartialExpansion { limit };
            return Err(TemplateError { fault, line: None, column: None, partial: None });
        }
        self.text += text_of(piece.code);
        if self.text > self.limits.intermediate_bytes {
            return Err(TemplateError::too_large(self.text, self.limits.intermediate_bytes, ELSEWHERE));
        }
        let again = repetitions(piece);
        let (mut moved, mut jumps) = (Vec::new(), Vec::new());
        let (mut parent, mut span) = (None, Span::default());
        let mut index = 0;
        while let Some(instruction) = piece.code.get(index) {
            moved.push(self.next());
            if let Some(found) = piece.code.get_span(index) {
                span = shifted(found, piece.base);
            }
            match instruction {
                Instruction::LoadConst(name)
                    if matches!(
                        piece.code.get(index + 1),
                        Some(Instruction::Include(_) | Instruction::LoadBlocks)
                    ) =>
                {
                    moved.push(self.next());
                    index += 1;
                    let Some(name) = self.named(name) else { continue };
                    if matches!(piece.code.get(index), Some(Instruction::LoadBlocks)) {
                        parent = Some(name);
                        self.emit(discarding(), span);
                    } else {
                        self.include(name, piece.code, index, again[index as usize], span)?;
                    }
                }
                Instruction::CallBlock(name) if parent.is_none() => {
                    self.block(name, 0, inherited, again[index as usize], span)?;
                }
                Instruction::CallBlock(_) => {}
                Instruction::FastSuper => self.parent_block(piece, inherited, span)?,
                Instruction::CallFunction("super", _) => {
                    self.emit(capturing(), span);
                    self.parent_block(piece, inherited, span)?;
                    self.emit(Instruction::EndCapture, span);
                }
                Instruction::Jump(_)
                | Instruction::JumpIfFalse(_)
                | Instruction::JumpIfFalseOrPop(_)
                | Instruction::JumpIfTrueOrPop(_)
                | Instruction::Iterate(_)
                | Instruction::BuildMacro(..) => {
                    jumps.push(self.next());
                    self.emit(instruction.clone(), span);
                }
                _ => self.guarded(piece.code, index, again[index as usize], span),
            }
            index += 1;
        }
        moved.push(self.next());
        for jump in jumps {
            if let Some(instruction) = self.out.get_mut(jump) {
                retarget(instruction, &moved);
            }
        }
        Ok(parent)
    }

    fn include(
        &mut self,
        name: &'s str,
        code: &Instructions<'s>,
        index: u32,
        repeated: bool,
        span: Span,
    ) -> Result<(), TemplateError> {
        let imports = is_import(code, index);
        if !imports {
            self.emit(Instruction::PushWith, span);
        }
        self.unit(Some(name), &mut Inherited::new(), repeated)?;
        if !imports {
            self.emit(Instruction::PopFrame, span);
        }
        Ok(())
    }

    fn block(
        &mut self,
        name: &'s str,
        level: usize,
        inherited: &mut Inherited<'u, 's>,
        repeated: bool,
        span: Span,
    ) -> Result<(), TemplateError> {
        let Some(&(code, base)) = inherited.get(name).and_then(|chain| chain.get(level)) else {
            return Ok(());
        };
        self.emit(Instruction::PushWith, span);
        self.piece(&Piece { code, base, repeated, block: Some((name, level)) }, inherited)?;
        self.emit(Instruction::PopFrame, span);
        Ok(())
    }

    fn parent_block(
        &mut self,
        piece: &Piece<'u, 's>,
        inherited: &mut Inherited<'u, 's>,
        span: Span,
    ) -> Result<(), TemplateError> {
        let Some((name, level)) = piece.block else { return Ok(()) };
        self.block(name, level + 1, inherited, piece.repeated, span)
    }

    /// The name of a partial as it stands in the sources.
    fn named(&self, name: &Value) -> Option<&'s str> {
        let name = name.as_str()?;
        self.units.keys().flatten().copied().find(|known| *known == name)
    }

    fn next(&self) -> u32 {
        self.length
    }

    fn emit(&mut self, instruction: Instruction<'s>, span: Span) {
        self.length = self.out.add_with_span(instruction, span) + 1;
    }

    fn filter(&mut self, name: &'static str, arguments: u16, span: Span) {
        let local = cached(&mut self.filters, name);
        self.emit(Instruction::ApplyFilter(name, Some(arguments), local), span);
    }

    /// Emits an instruction with what guards it.
    fn guarded(&mut self, code: &Instructions<'s>, index: u32, repeated: bool, span: Span) {
        let Some(instruction) = code.get(index) else { return };
        let after_constant = index > 0
            && matches!(code.get(index - 1), Some(Instruction::LoadConst(value)) if operators::is_small(value));
        match instruction {
            Instruction::ApplyFilter(name, count, _) => {
                let local = cached(&mut self.filters, name);
                self.emit(Instruction::ApplyFilter(name, *count, local), span);
            }
            Instruction::PerformTest(name, count, _) => {
                let local = cached(&mut self.tests, name);
                self.emit(Instruction::PerformTest(name, *count, local), span);
            }
            Instruction::EmitRaw(text) if repeated && text.len() > FREE_TEXT => {
                self.emit(Instruction::LoadConst(Value::from(*text)), span);
                self.emit(Instruction::Emit, span);
            }
            Instruction::CallFunction(name, count) if self.asks_secrets && *name == SECRET => {
                self.emit(Instruction::CallFunction(secrets::FUNCTION, *count), span);
            }
            Instruction::Add if after_constant => self.emit(Instruction::Add, span),
            Instruction::Add => self.filter(operators::ADD, 2, span),
            Instruction::Mul => self.filter(operators::MUL, 2, span),
            Instruction::Rem => self.filter(operators::REM, 2, span),
            Instruction::StringConcat => self.filter(operators::CONCAT, 2, span),
            Instruction::Slice => self.filter(operators::SLICE, 4, span),
            Instruction::BuildMap(pairs) if *pairs > 0 => {
                self.filter(operators::MAP, u16::try_from(pairs * 2).unwrap_or(u16::MAX), span);
            }
            Instruction::Eq
            | Instruction::Ne
            | Instruction::Lt
            | Instruction::Lte
            | Instruction::Gt
            | Instruction::Gte
            | Instruction::GetItem
                if after_constant =>
            {
                self.emit(instruction.clone(), span);
            }
            Instruction::Eq
            | Instruction::Ne
            | Instruction::Lt
            | Instruction::Lte
            | Instruction::Gt
            | Instruction::Gte
            | Instruction::GetItem
            | Instruction::In
            | Instruction::CompareAndPreserve(_)
            // `loop.changed` compares its argument with the one before.
            | Instruction::CallMethod("changed", _) => {
                self.filter(operators::WEIGH, 1, span);
                self.emit(instruction.clone(), span);
            }
            Instruction::PushLoop(_) => {
                self.filter(operators::ITERATE, 1, span);
                self.emit(instruction.clone(), span);
            }
            Instruction::BuildList(_) | Instruction::BuildTuple(_) | Instruction::BuildKwargs(_) => {
                self.emit(instruction.clone(), span);
                self.filter(operators::BUILT, 1, span);
            }
            Instruction::Lookup(_) if stores_attribute(code, index) => {
                self.filter(operators::STORED, 1, span);
                self.emit(instruction.clone(), span);
            }
            _ => self.emit(instruction.clone(), span),
        }
    }
}

/// Whether the lookup at `index` begins the target of `set namespace.attribute`.
fn stores_attribute(code: &Instructions<'_>, index: u32) -> bool {
    let mut next = index + 1;
    while matches!(code.get(next), Some(Instruction::GetAttr(_))) {
        next += 1;
    }
    matches!(code.get(next), Some(Instruction::SetAttr(_)))
}

/// Whether the include at `index` belongs to an `import`: its names must stay in the frame of the import.
fn is_import(code: &Instructions<'_>, index: u32) -> bool {
    let before = index.checked_sub(2).and_then(|before| code.get(before));
    let captured = index.checked_sub(3).and_then(|before| code.get(before));
    matches!(before, Some(Instruction::PushWith)) && matches!(captured, Some(Instruction::BeginCapture(_)))
}

/// For each instruction, whether it may run more than once.
fn repetitions(piece: &Piece<'_, '_>) -> Vec<bool> {
    let mut spans = Vec::new();
    let mut length = 0;
    while let Some(instruction) = piece.code.get(length) {
        match instruction {
            Instruction::Iterate(end) => spans.push((length, *end)),
            Instruction::BuildMacro(_, start, _) => spans.push((*start, length)),
            _ => {}
        }
        length += 1;
    }
    let mut again = vec![piece.repeated; length as usize];
    for (start, end) in spans {
        if let Some(span) = again.get_mut(start as usize..end as usize) {
            span.fill(true);
        }
    }
    again
}

fn retarget(instruction: &mut Instruction<'_>, moved: &[u32]) {
    if let Instruction::Jump(target)
    | Instruction::JumpIfFalse(target)
    | Instruction::JumpIfFalseOrPop(target)
    | Instruction::JumpIfTrueOrPop(target)
    | Instruction::Iterate(target)
    | Instruction::BuildMacro(_, target, _) = instruction
        && let Some(place) = moved.get(*target as usize)
    {
        *target = *place;
    }
}

fn shifted(mut span: Span, base: u32) -> Span {
    span.start_offset += base;
    span.end_offset += base;
    span
}

fn cached<'s>(names: &mut Vec<&'s str>, name: &'s str) -> u8 {
    let position = names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    if position < CACHED { u8::try_from(position).unwrap_or(u8::MAX) } else { u8::MAX }
}

/// The instruction that begins to capture output; the engine does not export its argument.
fn capturing() -> Instruction<'static> {
    first_of("{% set x %}{% endset %}")
}

/// The instruction that begins to discard output.
fn discarding() -> Instruction<'static> {
    first_of("{% from 'x' import y %}")
}

fn first_of(source: &'static str) -> Instruction<'static> {
    let mut generator = CodeGenerator::new("", source);
    if let Ok(tree) = analysis::parse(source) {
        generator.compile_stmt(&tree);
    }
    let (code, _) = generator.finish();
    code.get(0).cloned().unwrap_or(Instruction::PushWith)
}

/// Bytes of raw text in some code.
fn text_of(code: &Instructions<'_>) -> usize {
    let raw = |instruction: &Instruction<'_>| match instruction {
        Instruction::EmitRaw(text) => text.len(),
        _ => 0,
    };
    (0..).map_while(|index| code.get(index)).map(raw).sum()
}

/// What a render of a program should be ready for.
pub(super) struct Needs {
    /// Whether it may call itself, so that an ordinary stack may not do.
    pub deep: bool,
    /// Bytes of its own text.
    pub text: usize,
}

/// Looks through a linked program for what it needs.
pub(super) fn needs(code: &Instructions<'_>) -> Needs {
    let mut needs = Needs { deep: false, text: text_of(code) };
    let mut index = 0;
    while let Some(instruction) = code.get(index) {
        match instruction {
            Instruction::BuildMacro(..) | Instruction::SetAttr(_) => needs.deep = true,
            _ => {}
        }
        index += 1;
    }
    needs
}
