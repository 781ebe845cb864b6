//! Many values in little memory. A scope may have a hundred thousand subjects, and hardly any of them is looked at.
//!
//! Each value is one allocation: its key, a few marks, and the rest serialized and compressed. It is unpacked when it is
//! read. The ids of a scope have their beginning in common, as ARNs do, and the values look alike. So the ids are grouped by
//! what precedes the last slash, and the first value of a group is the dictionary that the others are compressed with.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be packed.
pub trait Pack: Serialize + DeserializeOwned {
    fn id(&self) -> &str;

    /// What can be asked of a packed value without unpacking it: the sum of some powers of two.
    fn marks(&self) -> u8 {
        0
    }
}

/// Packed values by id.
pub struct Packed<T> {
    /// The key is the part of the ids up to the last slash.
    groups: BTreeMap<Box<str>, Group>,
    count: usize,
    values: PhantomData<fn() -> T>,
}

/// The values whose ids differ only after the last slash.
#[derive(Clone)]
struct Group {
    prefix: Box<str>,
    /// The beginning of the first value, serialized.
    dictionary: Box<[u8]>,
    cells: BTreeSet<Cell>,
}

/// The length of the key in two bytes, the key, the marks in one byte, and the compressed value. The key is what follows the
/// last slash of the id.
#[derive(Clone)]
struct Cell(Box<[u8]>);

/// How many bytes of a value become the dictionary.
const DICTIONARY: usize = 2048;

impl Cell {
    fn new(key: &str, marks: u8, compressed: &[u8]) -> Self {
        // Ids are shorter than 2,048 bytes, the longest sort key of DynamoDB.
        let length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_le_bytes();
        let bytes = [length.as_slice(), key.as_bytes(), &[marks], compressed];
        Self(bytes.concat().into())
    }

    /// The key, the marks and the compressed value.
    fn parts(&self) -> (&[u8], u8, &[u8]) {
        let length = usize::from(u16::from_le_bytes([self.0[0], self.0[1]]));
        let (key, rest) = self.0[2..].split_at(length);
        (key, rest[0], &rest[1..])
    }

    /// Unpacks the value, or what it begins with.
    ///
    /// # Panics
    /// Never: it unpacks what [`Packed::insert`] packed.
    fn unpack<T: DeserializeOwned>(&self, prefix: &str, dictionary: &[u8]) -> T {
        let (key, _, compressed) = self.parts();
        let dictionary = [dictionary, prefix.as_bytes(), key].concat();
        let bytes = lz4_flex::block::decompress_size_prepended_with_dict(compressed, &dictionary);
        let bytes = bytes.expect("it was compressed with this dictionary");
        postcard::from_bytes(&bytes).expect("it was serialized from the same type")
    }
}

impl Borrow<[u8]> for Cell {
    fn borrow(&self) -> &[u8] {
        self.parts().0
    }
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.parts().0 == other.parts().0
    }
}

impl Eq for Cell {}

impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cell {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.parts().0.cmp(other.parts().0)
    }
}

/// A packed value in its place.
pub struct Entry<'a, T> {
    group: &'a Group,
    cell: &'a Cell,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Entry<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Entry<'_, T> {}

impl<T> Entry<'_, T> {
    pub fn id(&self) -> String {
        format!("{}{}", self.group.prefix, String::from_utf8_lossy(self.cell.parts().0))
    }

    /// Whether the value has one of these marks.
    pub fn has(&self, marks: u8) -> bool {
        self.cell.parts().1 & marks != 0
    }

    /// Compares the ids.
    pub fn cmp_id<U>(&self, other: &Entry<'_, U>) -> std::cmp::Ordering {
        let (key, other_key) = (self.cell.parts().0, other.cell.parts().0);
        if self.group.prefix == other.group.prefix {
            return key.cmp(other_key);
        }
        self.group
            .prefix
            .bytes()
            .chain(key.iter().copied())
            .cmp(other.group.prefix.bytes().chain(other_key.iter().copied()))
    }
}

impl<T: Pack> Entry<'_, T> {
    pub fn unpack(&self) -> T {
        self.cell.unpack(&self.group.prefix, &self.group.dictionary)
    }

    /// Unpacks only the value's first field, or the first field of that field.
    pub(super) fn first_field<F: DeserializeOwned>(&self) -> F {
        self.cell.unpack(&self.group.prefix, &self.group.dictionary)
    }
}

impl<T> Packed<T> {
    pub const fn len(&self) -> usize {
        self.count
    }

    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The entries in the order of their groups, and in each group by id.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_, T>> {
        let of_group = |group| move |cell| Entry { group, cell, value: PhantomData };
        self.groups.values().flat_map(move |group: &Group| group.cells.iter().map(of_group(group)))
    }

    /// The entries that have one of these marks.
    pub fn marked(&self, marks: u8) -> impl Iterator<Item = Entry<'_, T>> {
        self.entries().filter(move |entry| entry.has(marks))
    }

    pub fn entry(&self, id: &str) -> Option<Entry<'_, T>> {
        let (prefix, key) = split(id);
        let group = self.groups.get(prefix)?;
        let cell = group.cells.get(key.as_bytes())?;
        Some(Entry { group, cell, value: PhantomData })
    }

    pub fn remove(&mut self, id: &str) {
        let (prefix, key) = split(id);
        if self.groups.get_mut(prefix).is_some_and(|group| group.cells.remove(key.as_bytes())) {
            self.count -= 1;
        }
    }
}

impl<T: Pack> Packed<T> {
    pub fn get(&self, id: &str) -> Option<T> {
        self.entry(id).map(|entry| entry.unpack())
    }

    /// Puts the value in the place of an earlier one with the same id.
    ///
    /// # Panics
    /// Never: every type of the domain can be serialized.
    pub fn insert(&mut self, value: &T) {
        let (prefix, key) = split(value.id());
        let bytes = postcard::to_allocvec(value).expect("types of the domain can be serialized");
        let group = self.groups.entry(prefix.into()).or_insert_with(|| Group {
            prefix: prefix.into(),
            dictionary: bytes[..bytes.len().min(DICTIONARY)].into(),
            cells: BTreeSet::new(),
        });
        // Most values contain their id, and some more than once.
        let dictionary = [&*group.dictionary, value.id().as_bytes()].concat();
        let compressed = lz4_flex::block::compress_prepend_size_with_dict(&bytes, &dictionary);
        if group.cells.replace(Cell::new(key, value.marks(), &compressed)).is_none() {
            self.count += 1;
        }
    }

    /// The values in the order of [`Packed::entries`].
    pub fn iter(&self) -> impl Iterator<Item = T> {
        self.entries().map(|entry| entry.unpack())
    }

    /// The values in the same order. The memory of each is free as soon as it is unpacked.
    pub fn drain(self) -> impl Iterator<Item = T> {
        self.groups.into_values().flat_map(|Group { prefix, dictionary, cells }| {
            cells.into_iter().map(move |cell| cell.unpack(&prefix, &dictionary))
        })
    }
}

/// The part of the id up to the last slash, and the rest.
fn split(id: &str) -> (&str, &str) {
    id.split_at(id.rfind('/').map_or(0, |slash| slash + 1))
}

impl<T> Clone for Packed<T> {
    fn clone(&self) -> Self {
        Self { groups: self.groups.clone(), count: self.count, values: PhantomData }
    }
}

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Self { groups: BTreeMap::new(), count: 0, values: PhantomData }
    }
}

impl<T: Pack> FromIterator<T> for Packed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut packed = Self::default();
        for value in values {
            packed.insert(&value);
        }
        packed
    }
}

impl<T: Pack + PartialEq> PartialEq for Packed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl<T: Pack + fmt::Debug> fmt::Debug for Packed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
#[path = "packed_tests.rs"]
mod tests;
