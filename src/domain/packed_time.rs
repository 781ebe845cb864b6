//! How times are serialized in packed values: as seconds and nanoseconds. A number of nanoseconds would have 128 bits, and
//! reading those takes several times as long.

use jiff::Timestamp;
use serde::de::Error;

type Parts = (i64, i32);

fn parts(time: Timestamp) -> Parts {
    (time.as_second(), time.subsec_nanosecond())
}

fn time<E: Error>((seconds, nanoseconds): Parts) -> Result<Timestamp, E> {
    Timestamp::new(seconds, nanoseconds).map_err(E::custom)
}

pub(super) mod required {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::domain) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        super::parts(*time).serialize(serializer)
    }

    pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        super::time(super::Parts::deserialize(deserializer)?)
    }
}

/// For a time that may be missing.
pub(super) mod optional {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(in crate::domain) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(super::parts).serialize(serializer)
    }

    pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::deserialize(deserializer)?.map(super::time).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Times {
        #[serde(with = "required")]
        required: Timestamp,
        #[serde(with = "optional")]
        optional: Option<Timestamp>,
    }

    fn any_time() -> impl Strategy<Value = Timestamp> {
        let (first, last) = (Timestamp::MIN.as_nanosecond(), Timestamp::MAX.as_nanosecond());
        let time = |nanoseconds| Timestamp::from_nanosecond(nanoseconds).expect("in the range");
        prop_oneof![first..=last, -2_000_000_000..2_000_000_000_i128].prop_map(time)
    }

    proptest! {
        #[test]
        fn every_time_reads_back(required in any_time(), optional in prop::option::of(any_time())) {
            let times = Times { required, optional };
            let bytes = postcard::to_allocvec(&times).expect("it can be serialized");
            prop_assert_eq!(postcard::from_bytes::<Times>(&bytes), Ok(times));
        }
    }
}
