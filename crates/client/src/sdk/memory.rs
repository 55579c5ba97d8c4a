//! What is held in memory: documents and compiled templates, as long as there is room.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use promptsync_core::{digest::Digest, render::CompiledDocument};

/// What a compiled document needs, measured against its text: syntax trees are larger than what they were read from.
pub(super) const WEIGHT: usize = 8;

/// What one item needs beside its content.
const ITEM: usize = 256;

/// Something that is held.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// The canonical text of a document.
    Text(Arc<str>),
    /// A document with all it includes, ready to render.
    Compiled(Arc<CompiledDocument>),
}

/// A cache bounded in bytes; what was used longest ago goes first.
///
/// The one item that is larger than all the room is held until the next: it could be used at no other place.
#[derive(Debug)]
pub(super) struct Memory {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    items: HashMap<Digest, Entry>,
    /// The use that was an item's last, and the item.
    order: BTreeMap<u64, Digest>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    item: Item,
    bytes: usize,
    used: u64,
}

impl Memory {
    pub(super) fn new(most: usize) -> Self {
        Self { most, held: Mutex::default() }
    }

    pub(super) fn compiled(&self, key: &Digest) -> Option<Arc<CompiledDocument>> {
        match self.get(key)? {
            Item::Compiled(document) => Some(document),
            Item::Text(_) => None,
        }
    }

    pub(super) fn text(&self, digest: &Digest) -> Option<Arc<str>> {
        match self.get(digest)? {
            Item::Text(text) => Some(text),
            Item::Compiled(_) => None,
        }
    }

    pub(super) fn has(&self, key: &Digest) -> bool {
        self.lock().items.contains_key(key)
    }

    fn get(&self, key: &Digest) -> Option<Item> {
        let mut held = self.lock();
        let held = &mut *held;
        let entry = held.items.get_mut(key)?;
        // What was used last stays where it is: one prompt that is asked for all the time costs no reordering.
        if entry.used != held.uses {
            held.uses += 1;
            if let Some(key) = held.order.remove(&entry.used) {
                held.order.insert(held.uses, key);
            }
            entry.used = held.uses;
        }
        Some(entry.item.clone())
    }

    /// Holds an item of so many bytes; others make room.
    pub(super) fn put(&self, key: Digest, item: Item, bytes: usize) {
        let bytes = bytes + ITEM;
        let mut held = self.lock();
        held.remove(&key);
        while held.bytes + bytes > self.most {
            let Some((_, oldest)) = held.order.pop_first() else { break };
            held.remove(&oldest);
        }
        held.uses += 1;
        let used = held.uses;
        held.bytes += bytes;
        held.order.insert(used, key.clone());
        held.items.insert(key, Entry { item, bytes, used });
    }

    /// Bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no holder of the lock can panic")
    }
}

impl Held {
    fn remove(&mut self, key: &Digest) {
        if let Some(entry) = self.items.remove(key) {
            self.bytes -= entry.bytes;
            self.order.remove(&entry.used);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(index: u8) -> Digest {
        Digest::of(&[index])
    }

    fn text() -> Item {
        Item::Text("x".into())
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let memory = Memory::new(3 * (ITEM + 10));
        for index in 0..3 {
            memory.put(key(index), text(), 10);
        }
        assert!(memory.text(&key(0)).is_some());
        memory.put(key(3), text(), 10);
        let held: Vec<bool> = (0..4).map(|index| memory.has(&key(index))).collect();
        assert_eq!(held, [true, false, true, true]);
        assert!(memory.compiled(&key(0)).is_none(), "a text is no template");
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_its_bytes_and_one_item(
            most in 0_usize..20_000,
            steps in prop::collection::vec((any::<u8>(), 0_usize..4_000, any::<bool>()), 1..300),
        ) {
            let memory = Memory::new(most);
            for (index, bytes, reads) in steps {
                if reads {
                    let _ = memory.text(&key(index));
                    continue;
                }
                memory.put(key(index), text(), bytes);
                prop_assert!(memory.bytes() <= most.max(bytes + ITEM));
                prop_assert!(memory.has(&key(index)));
                let held = memory.lock();
                prop_assert_eq!(held.items.len(), held.order.len());
                prop_assert_eq!(held.items.values().map(|entry| entry.bytes).sum::<usize>(), held.bytes);
            }
        }
    }
}
