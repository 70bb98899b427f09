//! Ranges that stay, whatever the retention and the disk budget say: what an incident was, until somebody lets it go.
//!
//! ```text
//!   state.pins/TENANT     all pins of a tenant, by name
//! ```
//! Invariants:
//! - a split that touches a pin of a tenant whose rows it holds goes for no reason of age or space;
//! - pins that cannot be read hold all that is their tenant's: what was to stay does, and whoever asks is told;
//! - a pin is never changed, only removed and made anew.

use std::collections::BTreeMap;

use nilometer_model::{Origin, Tenant, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{PIN_NAME_BYTES_MAX, PINS_MAX};
use crate::split::SplitMeta;

pub(crate) const PINS: &str = "state.pins/";

/// A range of time that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// What it is called; each name once.
    pub name: String,
    /// The first moment that stays.
    pub from: Timestamp,
    /// The first that does not.
    pub to: Timestamp,
    /// Of this component; none: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
}

/// Why there is no such pin now.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The name is empty, too long, or holds what no name does.
    #[error("'{0}' is no name of a pin")]
    Name(String),
    /// The name is taken.
    #[error("there is a pin '{0}' already")]
    Taken(String),
    /// There is none of that name.
    #[error("there is no pin '{0}'")]
    Unknown(String),
    /// There are as many as there may be.
    #[error("there are {PINS_MAX} pins already")]
    TooMany,
    /// Those that there are cannot be read.
    #[error("the pins that there are cannot be read")]
    Unreadable,
    /// It could not be committed.
    #[error("pins")]
    Documents(#[from] crate::DocumentsError),
}

/// What a pin may be called: as it stands in a path.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.len() <= PIN_NAME_BYTES_MAX
        && name.chars().all(fits)
}

/// The pins of one tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TenantPins(pub(crate) Vec<Pin>);

impl TenantPins {
    pub(crate) fn read(text: Option<&str>) -> Result<Self, PinError> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map_err(|_| PinError::Unreadable)
    }

    pub(crate) fn add(&mut self, pin: Pin) -> Result<(), PinError> {
        if !is_name(&pin.name) {
            return Err(PinError::Name(pin.name));
        }
        if self.0.iter().any(|known| known.name == pin.name) {
            return Err(PinError::Taken(pin.name));
        }
        if self.0.len() >= PINS_MAX {
            return Err(PinError::TooMany);
        }
        self.0.push(pin);
        Ok(())
    }

    pub(crate) fn remove(&mut self, name: &str) -> Result<(), PinError> {
        let before = self.0.len();
        self.0.retain(|pin| pin.name != name);
        if self.0.len() < before { Ok(()) } else { Err(PinError::Unknown(name.to_owned())) }
    }
}

/// Whether a split stays.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Held<'a> {
    No,
    Yes,
    /// If it has rows of one of these components.
    If(Vec<(&'a Tenant, &'a str)>),
}

impl Held<'_> {
    /// Whether rows of the origin decide that it stays.
    pub(crate) fn by(&self, origin: &Origin) -> bool {
        match self {
            Self::No => false,
            Self::Yes => true,
            Self::If(components) => components.iter().any(|(tenant, component)| {
                origin.tenant == tenant.name() && origin.component == *component
            }),
        }
    }
}

/// The pins of all tenants; none where they cannot be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pins(Vec<(Tenant, Option<TenantPins>)>);

impl Pins {
    pub(crate) fn of(documents: &BTreeMap<String, String>) -> Self {
        let behind = documents.range(PINS.to_owned()..);
        let own = behind.map_while(|(name, text)| Some((name.strip_prefix(PINS)?, text)));
        let read = own.filter_map(|(tenant, text)| {
            Some((Tenant::parse(tenant).ok()?, TenantPins::read(Some(text)).ok()))
        });
        Self(read.collect())
    }

    pub(crate) fn hold(&self, split: &SplitMeta) -> Held<'_> {
        let may_hold =
            |tenant: &Tenant| split.tenants.is_empty() || split.tenants.contains_key(tenant.name());
        let mut components = Vec::new();
        for (tenant, pins) in self.0.iter().filter(|(tenant, _)| may_hold(tenant)) {
            let Some(TenantPins(pins)) = pins else { return Held::Yes };
            for pin in pins.iter().filter(|pin| pin.touches(split)) {
                match &pin.component {
                    None => return Held::Yes,
                    Some(component) => components.push((tenant, component.as_str())),
                }
            }
        }
        if components.is_empty() { Held::No } else { Held::If(components) }
    }
}

impl Pin {
    fn touches(&self, split: &SplitMeta) -> bool {
        let range = TimeRange::new(self.from, self.to);
        range.is_some_and(|range| range.touches(split.time_first, split.time_last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(name: &str, component: Option<&str>) -> Pin {
        let component = component.map(str::to_owned);
        Pin { name: name.to_owned(), from: Timestamp(10), to: Timestamp(20), component }
    }

    fn pins(own: &[Pin]) -> Pins {
        let text = serde_json::to_string(&TenantPins(own.to_vec())).unwrap();
        Pins::of(&BTreeMap::from([(format!("{PINS}default"), text)]))
    }

    /// A split of those times and that tenant: whether it stays.
    #[track_caller]
    fn check(own: &[Pin], (first, last): (i64, i64), tenant: &str, expect: &Held<'_>) {
        let (time_first, time_last) = (Timestamp(first), Timestamp(last));
        let tenants = BTreeMap::from([(tenant.to_owned(), 0..1)]);
        let split = SplitMeta { time_first, time_last, tenants, ..SplitMeta::default() };
        assert_eq!(&pins(own).hold(&split), expect);
    }

    #[test]
    fn what_touches_a_pin_of_its_tenant_stays() {
        let all = [pin("outage", None)];
        check(&all, (0, 9), "default", &Held::No);
        check(&all, (0, 10), "default", &Held::Yes);
        check(&all, (19, 30), "default", &Held::Yes);
        check(&all, (20, 30), "default", &Held::No);
        check(&all, (0, 30), "other", &Held::No);
        check(&[], (0, 30), "default", &Held::No);
    }

    #[test]
    fn of_a_component_only_what_has_rows_of_it_stays() {
        let tenant = Tenant::default();
        let held = Held::If(vec![(&tenant, "shop")]);
        check(&[pin("outage", Some("shop"))], (0, 30), "default", &held);
        let origin = |tenant: &str, component: &str| Origin {
            tenant: tenant.to_owned(),
            component: component.to_owned(),
            ..Origin::default()
        };
        let by = |tenant, component| held.by(&origin(tenant, component));
        assert!(by("default", "shop") && !by("default", "cart") && !by("other", "shop"));
    }

    #[test]
    fn what_cannot_be_read_holds_everything_of_its_tenant() {
        let pins = Pins::of(&BTreeMap::from([(format!("{PINS}default"), "torn".to_owned())]));
        assert_eq!(pins.hold(&SplitMeta::default()), Held::Yes);
    }

    #[test]
    fn so_many_pins_are_let_in_and_one_more_is_not_and_each_name_once() {
        let mut own = TenantPins::default();
        for n in 0..PINS_MAX {
            own.add(pin(&format!("n{n}"), None)).unwrap();
        }
        assert!(matches!(own.add(pin("more", None)), Err(PinError::TooMany)));
        own.remove("n7").unwrap();
        assert!(matches!(own.remove("n7"), Err(PinError::Unknown(_))));
        assert!(matches!(own.add(pin("n8", None)), Err(PinError::Taken(_))));
        for name in ["", "..", "a/b", "a b", &"n".repeat(PIN_NAME_BYTES_MAX + 1)] {
            assert!(matches!(own.add(pin(name, None)), Err(PinError::Name(_))), "{name}");
        }
        own.add(pin(&"n".repeat(PIN_NAME_BYTES_MAX), None)).unwrap();
    }
}
