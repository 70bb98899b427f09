//! What may stand at the caret behind the first pipe.
//!
//! Invariant: only the pipe that the caret is in is looked at, and of it only what stands before the caret.

use super::{Caret, Wanted, ends_word, unquoted};

/// What stands before the piece.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted,
    Open,
    Close,
    Comma,
}

/// `from`: behind the first pipe; `end`: the caret.
pub(super) fn caret(chars: &[char], from: usize, end: usize) -> Caret {
    let mut tokens = Vec::new();
    let mut at = from;
    while at < end {
        let begun = at;
        at += 1;
        match chars[begun] {
            '|' => tokens.clear(),
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            '"' => {
                let (typed, closing) = unquoted(&chars[at..end]);
                let Some(closing) = closing else {
                    return Caret { wanted: of_name(wanted(&tokens)), typed, from: begun, to: end };
                };
                tokens.push(Token::Quoted);
                at += closing + 1;
            }
            char if char.is_whitespace() => {}
            _ => {
                let length = word_length(&chars[begun..end]);
                let word: String = chars[begun..begun + length].iter().collect();
                at = begun + length;
                if at == end {
                    let to = end + word_length(&chars[end..]);
                    return Caret { wanted: wanted(&tokens), typed: word, from: begun, to };
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    let to = end + word_length(&chars[end..]);
    let just_ended = matches!(chars[end - 1], ')' | '"');
    let wanted = if just_ended { Wanted::Nothing } else { wanted(&tokens) };
    Caret { wanted, typed: String::new(), from: end, to }
}

fn word_length(chars: &[char]) -> usize {
    let ends = |char: &char| ends_word(*char) || *char == ',';
    chars.iter().position(ends).unwrap_or(chars.len())
}

/// In quotes only a name can stand.
fn of_name(wanted: Wanted) -> Wanted {
    match wanted {
        Wanted::Name | Wanted::Key => Wanted::Name,
        _ => Wanted::Nothing,
    }
}

/// What goes on from there.
fn wanted(tokens: &[Token]) -> Wanted {
    let Some((Token::Word(pipe), rest)) = tokens.split_first() else {
        return if tokens.is_empty() { Wanted::Pipe } else { Wanted::Nothing };
    };
    match pipe.as_str() {
        "stats" => in_stats(rest),
        "top" => match rest {
            [Token::Word(_)] => Wanted::Keyword(&["by"]),
            [.., Token::Word(by)] if by == "by" => Wanted::Name,
            _ => Wanted::Nothing,
        },
        "histogram" => match rest {
            [.., Token::Word(by)] if by == "by" => Wanted::Name,
            [] | [Token::Word(_)] => Wanted::Keyword(&["by"]),
            _ => Wanted::Nothing,
        },
        "sort" | "fields" => match rest.last() {
            None | Some(Token::Comma | Token::Open) => Wanted::Name,
            Some(Token::Word(_) | Token::Quoted | Token::Close) if pipe == "sort" => {
                Wanted::Keyword(&["asc", "desc"])
            }
            Some(_) => Wanted::Nothing,
        },
        _ => Wanted::Nothing,
    }
}

fn in_stats(tokens: &[Token]) -> Wanted {
    let is_word =
        |token: Option<&Token>, word: &str| matches!(token, Some(Token::Word(is)) if is == word);
    let opened = tokens.iter().rposition(|token| *token == Token::Open);
    if let Some(opened) = opened.filter(|open| !tokens[*open..].contains(&Token::Close)) {
        let before = opened.checked_sub(1).and_then(|called| tokens.get(called));
        let arguments = &tokens[opened + 1..];
        let first = if is_word(before, "quantile") { 2 } else { 0 };
        let named = arguments.len() == first && !is_word(before, "bin");
        return if named { Wanted::Name } else { Wanted::Nothing };
    }
    let grouped = tokens.iter().any(|token| is_word(Some(token), "by"));
    let last = tokens.last();
    let aliased = tokens.len() > 1 && is_word(tokens.get(tokens.len() - 2), "as");
    match last {
        None => Wanted::Function,
        Some(Token::Comma) if grouped => Wanted::Key,
        Some(Token::Comma) => Wanted::Function,
        Some(Token::Word(by)) if by == "by" && !aliased => Wanted::Key,
        Some(Token::Word(word)) if word == "as" => Wanted::Nothing,
        Some(Token::Word(_) | Token::Quoted) if aliased && !grouped => Wanted::Keyword(&["by"]),
        Some(Token::Word(_) | Token::Quoted | Token::Close) if grouped && !aliased => {
            Wanted::Keyword(&["as"])
        }
        Some(Token::Close) => Wanted::Keyword(&["by", "as"]),
        Some(_) => Wanted::Nothing,
    }
}
