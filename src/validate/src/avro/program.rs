//! From the tables of a schema to a flat program for the fast walk ([`super::fast`]).
//!
//! Records are written into the sequence they stand in, so that a walk over nested records is one loop. A record that contains
//! itself, one nested very deep, and all of them once the program has grown large, become functions that are called instead.

use std::collections::HashMap;

use super::{
    plan::{Field, Plan, Type},
    walk::DEPTH_MAX,
};

/// How many steps a program may have before records are called rather than written out.
const INLINE_OPS_MAX: usize = 4096;

/// How deep records are written into each other; more would recurse too deep here.
const INLINE_DEPTH_MAX: usize = 32;

/// A step. `deep` is how many records, arrays and maps are open around it, from the start of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// So many bytes of any value: floats, doubles, fixed, merged.
    Skip(usize),
    Boolean,
    Int,
    Long,
    /// Bytes with their length in front.
    Bytes,
    String,
    /// An enum's index, below this.
    Below(usize),
    /// A union of `null` and one other type: `null_at` is the byte that means `null`; the other type's steps follow, up to `end`.
    Optional {
        null_at: u8,
        end: usize,
    },
    /// A union: `count` branches, whose steps start where [`Program::branches`] says from `first` on.
    Union {
        first: usize,
        count: usize,
    },
    /// The end of a union's branch.
    Jump(usize),
    /// An array; the steps of an item follow, up to `end`.
    Array {
        end: usize,
        deep: usize,
    },
    /// An array of items that take no bytes.
    ZeroSized {
        deep: usize,
    },
    /// A map; the steps of a value follow, up to `end`.
    Map {
        end: usize,
        deep: usize,
    },
    /// A record begins that is written out; only where depth can run out.
    Enter {
        deep: usize,
    },
    /// A record, by its function.
    Call {
        function: usize,
        deep: usize,
    },
}

/// The steps of all functions; the first one is the root's.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Box<[Op]>,
    pub(super) branches: Box<[usize]>,
    /// Where the functions start and end in `ops`.
    pub(super) functions: Box<[(usize, usize)]>,
}

impl Program {
    pub(super) fn new(plan: &Plan) -> Program {
        // Most schemas cannot nest too deep whatever the payload; those that can are written again, with checks.
        let unguarded = Writer::write(plan, false);
        if unguarded.deepest <= DEPTH_MAX && unguarded.functions.len() == 1 {
            return unguarded.finish();
        }
        Writer::write(plan, true).finish()
    }
}

struct Writer<'p> {
    plan: &'p Plan,
    /// Whether records that are written out check the depth.
    guarded: bool,
    ops: Vec<Op>,
    branches: Vec<usize>,
    functions: Vec<(usize, usize)>,
    /// Records that have a function, by their index in the plan.
    by_type: HashMap<usize, usize>,
    queue: Vec<usize>,
    /// Records being written out, innermost last.
    open: Vec<usize>,
    deepest: usize,
    /// Steps before this one are the target of a jump, so nothing may be merged into them.
    barrier: usize,
}

impl<'p> Writer<'p> {
    fn write(plan: &'p Plan, guarded: bool) -> Writer<'p> {
        let mut writer = Writer {
            plan,
            guarded,
            ops: Vec::new(),
            branches: Vec::new(),
            functions: vec![(0, 0)],
            by_type: HashMap::new(),
            queue: Vec::new(),
            open: Vec::new(),
            deepest: 0,
            barrier: 0,
        };
        writer.value(plan.root_index(), 0);
        let end = writer.ops.len();
        if let Some(root) = writer.functions.first_mut() {
            *root = (0, end);
        }
        let mut written = 0;
        while let Some(&ty) = writer.queue.get(written) {
            let start = writer.ops.len();
            writer.barrier = start;
            if let Type::Record { fields } = plan.get(ty) {
                writer.fields(ty, fields, 0);
            }
            let end = writer.ops.len();
            written += 1; // functions are numbered in the order of the queue, behind the root
            if let Some(function) = writer.functions.get_mut(written) {
                *function = (start, end);
            }
        }
        writer
    }

    fn finish(self) -> Program {
        Program { ops: self.ops.into(), branches: self.branches.into(), functions: self.functions.into() }
    }

    /// The steps of a value inside `deep` records, arrays and maps.
    fn value(&mut self, ty: usize, deep: usize) {
        match self.plan.get(ty) {
            Type::Null => {}
            Type::Boolean => self.ops.push(Op::Boolean),
            Type::Int => self.ops.push(Op::Int),
            Type::Long => self.ops.push(Op::Long),
            Type::Float => self.skip(4),
            Type::Double => self.skip(8),
            Type::Bytes => self.ops.push(Op::Bytes),
            Type::String => self.ops.push(Op::String),
            Type::Fixed { size, .. } => self.skip(*size),
            Type::Enum { symbols, .. } => self.ops.push(Op::Below(*symbols)),
            Type::Union(union) => self.union(&union.branches, deep),
            Type::Array { zero_size: true, .. } => {
                self.deepest = self.deepest.max(deep + 1);
                self.ops.push(Op::ZeroSized { deep });
            }
            Type::Array { items, .. } => self.repeated(*items, deep, |end| Op::Array { end, deep }),
            Type::Map { values } => self.repeated(*values, deep, |end| Op::Map { end, deep }),
            Type::Record { fields } => self.record(ty, fields, deep),
        }
    }

    fn skip(&mut self, bytes: usize) {
        if self.ops.len() > self.barrier
            && let Some(Op::Skip(before)) = self.ops.last_mut()
        {
            *before = before.saturating_add(bytes);
        } else {
            self.ops.push(Op::Skip(bytes));
        }
    }

    /// Keeps a place for a step that names where another one stands, which is not known yet.
    fn place(&mut self) -> usize {
        self.ops.push(Op::Skip(0));
        self.barrier = self.ops.len();
        self.ops.len() - 1
    }

    fn fill(&mut self, place: usize, op: Op) {
        if let Some(slot) = self.ops.get_mut(place) {
            *slot = op;
        }
        self.barrier = self.ops.len();
    }

    fn repeated(&mut self, inner: usize, deep: usize, op: impl Fn(usize) -> Op) {
        self.deepest = self.deepest.max(deep + 1);
        let place = self.place();
        self.value(inner, deep + 1);
        self.fill(place, op(self.ops.len()));
    }

    fn union(&mut self, branches: &[Field], deep: usize) {
        let is_null = |field: &Field| matches!(self.plan.get(field.ty), Type::Null);
        if let [a, b] = branches
            && is_null(a) != is_null(b)
        {
            let (null_at, other) = if is_null(a) { (0, b) } else { (2, a) };
            let other = other.ty;
            let place = self.place();
            self.value(other, deep);
            self.fill(place, Op::Optional { null_at, end: self.ops.len() });
            return;
        }
        let place = self.place();
        let (first, count) = (self.branches.len(), branches.len());
        self.branches.resize(first + count, 0);
        let mut jumps = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            if let Some(start) = self.branches.get_mut(first + at) {
                *start = self.ops.len();
            }
            self.value(branch.ty, deep);
            jumps.push(self.place());
        }
        let end = self.ops.len();
        for jump in jumps {
            self.fill(jump, Op::Jump(end));
        }
        self.fill(place, Op::Union { first, count });
    }

    fn record(&mut self, ty: usize, fields: &'p [Field], deep: usize) {
        self.deepest = self.deepest.max(deep + 1);
        let inline = self.open.len() < INLINE_DEPTH_MAX && self.ops.len() < INLINE_OPS_MAX;
        if inline && !self.open.contains(&ty) && !self.by_type.contains_key(&ty) {
            if self.guarded {
                self.ops.push(Op::Enter { deep });
            }
            self.fields(ty, fields, deep + 1);
            return;
        }
        let next = self.functions.len();
        let function = *self.by_type.entry(ty).or_insert(next);
        if function == next {
            self.functions.push((0, 0));
            self.queue.push(ty);
        }
        self.ops.push(Op::Call { function, deep });
    }

    fn fields(&mut self, ty: usize, fields: &'p [Field], deep: usize) {
        self.open.push(ty);
        for field in fields {
            self.value(field.ty, deep);
        }
        self.open.pop();
    }
}
