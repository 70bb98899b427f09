//! Random questions: queries from a grammar of filters and pipes, whole and broken, in every way that a
//! route takes them. What they look for is often the other tenant's.

/// Texts that both tenants' lines are made of, names of fields, tenants, markers, and what might slip
/// through somewhere.
const WORDS: [&str; 16] = [
    "checkout", "amethyst", "basalt", "acme", "globex", "line", "cart", "node0", "error", "7", "*",
    "a*", "default", "日本", "NOT", "OR",
];
const FIELDS: [&str; 20] = [
    "component",
    "node",
    "instance",
    "version",
    "zone",
    "stream",
    "severity",
    "message",
    "source",
    "position",
    "tenant",
    "attributes.tenant",
    "origin.tenant",
    "owner",
    "nested.tenant",
    "n",
    "time",
    "received",
    "_tenant",
    "*",
];
const COLUMNS: [&str; 10] = [
    "component",
    "node",
    "instance",
    "severity",
    "message",
    "tenant",
    "owner",
    "n",
    "source",
    "nested.tenant",
];
/// What is put where it does not belong.
const ABUSE: [&str; 14] = [
    ")",
    "(",
    "))",
    "\"",
    "tenant:globex) OR (*",
    ") OR (tenant:acme",
    "NOT (",
    "- ",
    "\\",
    "||",
    "\u{0}",
    "' OR 1=1 --",
    "* | tenant acme",
    "){",
];

/// Random numbers that a seed decides (xorshift).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A filter; now and then one that is none.
pub(super) fn filter(dice: &mut Dice) -> String {
    if dice.below(20) == 0 {
        return String::new();
    }
    let mut text = expression(dice, 3);
    if dice.below(8) == 0 {
        let abuse = dice.one(&ABUSE);
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = places[dice.below(places.len())];
        text.insert_str(at, abuse);
    }
    text
}

fn expression(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return term(dice);
    }
    let mut part = || expression(dice, depth - 1);
    let (one, other) = (part(), part());
    match dice.below(7) {
        0 => format!("NOT {one}"),
        1 => format!("-({one})"),
        2 | 3 => format!("({one} OR {other})"),
        4 => format!("{one} {other}"),
        5 => format!("(({one}))"),
        _ => one,
    }
}

fn term(dice: &mut Dice) -> String {
    let (field, word) = (dice.one(&FIELDS), dice.one(&WORDS));
    match dice.below(14) {
        0 | 1 => word.to_owned(),
        2 => format!("\"{word} {}\"", dice.one(&WORDS)),
        3 => {
            format!("~\"{}\"", &word[..word.len().min(3)].trim_end_matches(|c| !char::is_ascii(&c)))
        }
        4 => format!("/{word}|.*/"),
        5 => "*".to_owned(),
        6 | 7 => format!("{field}:{word}"),
        8 => format!("{field}:*"),
        9 => format!("{field}:\"{word}\""),
        10 => format!("{field}:/./"),
        11 => format!("{field}:>{}", dice.below(50)),
        12 => format!("{field}:in({word},{})", dice.one(&WORDS)),
        _ => format!("-{field}:{word}"),
    }
}

/// What stands behind a filter.
pub(super) fn pipes(dice: &mut Dice) -> String {
    let (by, other) = (dice.one(&COLUMNS), dice.one(&COLUMNS));
    match dice.below(8) {
        0 => " | stats count()".to_owned(),
        1 => format!(" | stats count() by {by}"),
        2 => format!(" | stats count(), count_distinct({other}), min(n), max(n) by {by}"),
        3 => format!(" | stats sum(n), p99(n), min(time), max(time) by {by}, {other}"),
        4 => format!(" | top 10 by {by}"),
        5 => format!(" | fields {by}, {other} | sort {by} desc | limit 20"),
        6 => " | histogram".to_owned(),
        _ => String::new(),
    }
}

/// A field or attribute to be asked for.
pub(super) fn field(dice: &mut Dice) -> &'static str {
    dice.one(&FIELDS)
}

/// A text as a part of a URL.
pub(super) fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let escape = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(escape).collect()
}
