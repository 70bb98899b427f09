//! Texts with a caret, written `‸`, and what may stand there.

use super::*;

/// What is wanted, what of it is typed, and the text with the piece that is replaced in `[]`.
#[track_caller]
fn check(marked: &str, wanted: Wanted, typed: &str, replaced: &str) {
    let cursor = marked.chars().position(|char| char == '‸').unwrap();
    let text = marked.replace('‸', "");
    let caret = caret(&text, cursor);
    let chars: Vec<char> = text.chars().collect();
    let piece = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
    let (from, to) = (caret.from, caret.to);
    let shown = format!("{}[{}]{}", piece(0, from), piece(from, to), piece(to, chars.len()));
    assert_eq!((caret.wanted, caret.typed.as_str(), shown.as_str()), (wanted, typed, replaced));
    assert!(from <= cursor && cursor <= to, "{marked}");
}

fn value(field: &str) -> Wanted {
    Wanted::Value { field: field.to_owned() }
}

#[test]
fn a_field_stands_where_a_term_begins() {
    let first = || Wanted::Term { behind_term: false };
    let next = || Wanted::Term { behind_term: true };
    check("‸", first(), "", "[]");
    check("sev‸", first(), "sev", "[sev]");
    check("sev‸erity", first(), "sev", "[severity]");
    check("sev‸erity:error x", first(), "sev", "[severity:]error x");
    check("-comp‸", first(), "comp", "-[comp]");
    check("(comp‸)", first(), "comp", "([comp])");
    check("a ‸", next(), "", "a []");
    check("a\u{3000}‸b", next(), "", "a\u{3000}[b]");
    check("a OR ‸", first(), "", "a OR []");
    check("NOT ‸", first(), "", "NOT []");
    check("日志 \"x y\" s‸", next(), "s", "日志 \"x y\" [s]");
    check("component:shop s‸", next(), "s", "component:shop [s]");
    check("component: s‸", first(), "s", "component: [s]");
    check("/api/cart s‸", next(), "s", "/api/cart [s]");
    check("/re gex/ s‸", next(), "s", "/re gex/ [s]");
    check("status:in(4, 5) s‸", next(), "s", "status:in(4, 5) [s]");
    check("~\"x y\" s‸", next(), "s", "~\"x y\" [s]");
    check("a | stats‸ x", Wanted::Pipe, "stats", "a | [stats] x");
}

#[test]
fn a_value_stands_behind_a_colon() {
    check("severity:‸", value("severity"), "", "severity:[]");
    check("severity:>=w‸", value("severity"), "w", "severity:>=[w]");
    check("-severity:er‸ror x", value("severity"), "er", "-severity:[error] x");
    check("http.route:/api/c‸", value("http.route"), "/api/c", "http.route:[/api/c]");
    check("f:a:b‸", value("f"), "a:b", "f:[a:b]");
    check("my\\ field:x‸", value("my field"), "x", "my\\ field:[x]");
    check("f:a\\ b‸", value("f"), "a b", "f:[a\\ b]");
    check("component:\"check out‸", value("component"), "check out", "component:[\"check out]");
    check("component:\"che‸ck\" x", value("component"), "che", "component:[\"check\"] x");
    check("component:\"che‸ b:\"y\"", value("component"), "che", "component:[\"che] b:\"y\"");
    check("f:in(a, b‸c,d)", value("f"), "b", "f:in(a, [bc],d)");
    check("f:in(‸", value("f"), "", "f:in([]");
    check("f:in(\"a b\", ‸)", value("f"), "", "f:in(\"a b\", [])");
    check("a|b:‸", Wanted::Pipe, "b:", "a|[b:]");
}

#[test]
fn nothing_stands_inside_a_phrase_or_an_expression() {
    check("\"connection re‸", Wanted::Nothing, "connection re", "[\"connection re]");
    check("component:\"x\"‸", Wanted::Nothing, "", "component:\"x\"[]");
    check("(a)‸", Wanted::Nothing, "", "(a)[]");
    check("a | stats count()‸", Wanted::Nothing, "", "a | stats count()[]");
    check("a | limit ‸", Wanted::Nothing, "", "a | limit []");
    check("a | nonsense ‸", Wanted::Nothing, "", "a | nonsense []");
    check("a | stats count() as ‸", Wanted::Nothing, "", "a | stats count() as []");
    check("a | stats quantile(‸", Wanted::Nothing, "", "a | stats quantile([]");
    check("a | stats count() by bin(‸", Wanted::Nothing, "", "a | stats count() by bin([]");
    check("a | \"‸", Wanted::Nothing, "", "a | [\"]");
}

#[test]
fn behind_a_pipe_stands_what_its_grammar_says() {
    check("|‸", Wanted::Pipe, "", "|[]");
    check("a | st‸", Wanted::Pipe, "st", "a | [st]");
    check("a | limit 5 | s‸", Wanted::Pipe, "s", "a | limit 5 | [s]");
    check("a | stats ‸", Wanted::Function, "", "a | stats []");
    check("a | stats count(), p9‸", Wanted::Function, "p9", "a | stats count(), [p9]");
    check("a | stats count() ‸", Wanted::Keyword(&["by", "as"]), "", "a | stats count() []");
    check("a | stats count() as n ‸", Wanted::Keyword(&["by"]), "", "a | stats count() as n []");
    check("a | stats count() by ‸", Wanted::Key, "", "a | stats count() by []");
    check("a | stats count() by c, b‸", Wanted::Key, "b", "a | stats count() by c, [b]");
    check("a | stats count() by c ‸", Wanted::Keyword(&["as"]), "", "a | stats count() by c []");
    check("a | stats sum(b‸)", Wanted::Name, "b", "a | stats sum([b])");
    check("a | stats quantile(0.9, ‸)", Wanted::Name, "", "a | stats quantile(0.9, [])");
    check("a | stats sum(\"my f‸", Wanted::Name, "my f", "a | stats sum([\"my f]");
    check("a | top 5 ‸", Wanted::Keyword(&["by"]), "", "a | top 5 []");
    check("a | top 5 by ‸", Wanted::Name, "", "a | top 5 by []");
    check("a | sort ‸", Wanted::Name, "", "a | sort []");
    check("a | sort time d‸", Wanted::Keyword(&["asc", "desc"]), "d", "a | sort time [d]");
    check("a | fields time, ‸", Wanted::Name, "", "a | fields time, []");
    check("a | histogram 1m by ‸", Wanted::Name, "", "a | histogram 1m by []");
    check("\"|\" | histogram ‸", Wanted::Keyword(&["by"]), "", "\"|\" | histogram []");
}

proptest::proptest! {
    #[test]
    fn any_text_with_any_caret_has_an_answer_whose_piece_touches_it(
        text in "[a-c:\"/|(),\\\\ <~*日-]{0,24}|\\PC{0,16}", cursor in 0_usize..30,
    ) {
        let length = text.chars().count();
        let caret = caret(&text, cursor);
        let cursor = cursor.min(length);
        proptest::prop_assert!(caret.from <= cursor && cursor <= caret.to && caret.to <= length);
    }
}
