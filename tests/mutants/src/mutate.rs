//! Finds what can be changed in a file and puts the changes in, each behind `crate::mutants::is(N)`.
//!
//! The file's text is kept as it is; pieces of text are inserted between. `a == b` becomes
//! `(if crate::mutants::is(7) { a != b } else { a == b })`, and what is mutated inside `a` is so only in the last branch, as
//! one mutant is awake at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, BinOp, Block, Expr, FieldValue, GenericArgument, Pat, PathArguments, ReturnType, Signature, Type, UnOp,
};

use crate::Mutant;

/// One file with all its mutants.
pub struct Mutated<'s> {
    source: &'s str,
    file: String,
    /// The first id in this file.
    first: usize,
    pub mutants: Vec<Mutant>,
    /// How many functions had to stay constant, so that nothing in them could be changed.
    pub left_out: usize,
    pieces: Vec<Piece>,
    /// `const` keywords to blank: a constant function can't look at the environment.
    constants: Vec<Range<usize>>,
    /// Functions that constants are made with, by name.
    needed: &'s BTreeSet<String>,
    /// Where we are: `impl`s and functions.
    path: Vec<String>,
    named: BTreeMap<String, usize>,
    /// Out-of-line test modules, as paths without `.rs`.
    pub test_modules: Vec<String>,
}

/// Where in a text mutants are, with their ids.
pub type Places = Vec<(Range<usize>, usize)>;

/// A text to insert.
struct Piece {
    at: usize,
    /// What closes goes before what opens at the same place.
    opens: bool,
    text: String,
    mutant: Option<usize>,
}

impl<'s> Mutated<'s> {
    pub fn of(file: &str, source: &'s str, first: usize, needed: &'s BTreeSet<String>) -> Self {
        let parsed = syn::parse_file(source).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut mutated = Self {
            source,
            file: file.to_owned(),
            first,
            mutants: Vec::new(),
            left_out: 0,
            pieces: Vec::new(),
            constants: Vec::new(),
            needed,
            path: Vec::new(),
            named: BTreeMap::new(),
            test_modules: Vec::new(),
        };
        mutated.visit_file(&parsed);
        mutated
    }

    /// The text with every mutant that is not in `without`, and where in it each of them is.
    pub fn text(&self, without: &BTreeSet<usize>) -> (String, Places) {
        let source = self.without_constants();
        let mut pieces: Vec<&Piece> = self.pieces.iter().collect();
        pieces.sort_by_key(|piece| (piece.at, piece.opens));
        let (mut text, mut places, mut done) = (String::new(), Vec::new(), 0);
        for piece in pieces.into_iter().filter(|piece| piece.mutant.is_none_or(|id| !without.contains(&id))) {
            text += &source[done..piece.at];
            done = piece.at;
            let begin = text.len();
            text += &piece.text;
            places.extend(piece.mutant.map(|id| (begin..text.len(), id)));
        }
        (text + &source[done..], places)
    }

    /// The text as it is, but with nothing constant that calls what no longer is.
    pub fn without_constants(&self) -> String {
        let mut source = self.source.to_owned();
        for constant in &self.constants {
            source.replace_range(constant.clone(), &" ".repeat(constant.len()));
        }
        source
    }

    fn source_of(&self, node: &impl Spanned) -> &'s str {
        &self.source[node.span().byte_range()]
    }

    /// A new mutant at a node; its id.
    fn mutant(&mut self, node: &impl Spanned, what: &str) -> usize {
        let start = node.span().start();
        let within = if self.path.is_empty() { String::new() } else { format!(" in {}", self.path.join("::")) };
        let mut what = format!("{what}{within}");
        let times = self.named.entry(what.clone()).or_default();
        *times += 1;
        if *times > 1 {
            what = format!("{what} #{times}");
        }
        self.mutants.push(Mutant { file: self.file.clone(), line: start.line, column: start.column + 1, what });
        self.first + self.mutants.len() - 1
    }

    fn open(&mut self, at: usize, text: impl Into<String>, mutant: Option<usize>) {
        self.pieces.push(Piece { at, opens: true, text: text.into(), mutant });
    }

    fn close(&mut self, at: usize, text: &str) {
        self.pieces.push(Piece { at, opens: false, text: text.to_owned(), mutant: None });
    }

    /// Makes `node` a choice between texts, each with its mutant, and itself. What is inside is visited by `inside`.
    fn choice(&mut self, node: &impl Spanned, texts: Vec<(String, usize)>, inside: impl FnOnce(&mut Self)) {
        let range = node.span().byte_range();
        if texts.is_empty() {
            return inside(self);
        }
        self.open(range.start, "(", None);
        for (text, id) in texts {
            self.open(range.start, format!("if crate::mutants::is({id}) {{ {text} }} else "), Some(id));
        }
        self.open(range.start, "{ ", None);
        inside(self);
        self.close(range.end, " })");
    }

    fn function(&mut self, attributes: &[Attribute], signature: &Signature, block: Option<&Block>) {
        let Some(block) = block.filter(|_| !is_for_tests(attributes)) else {
            return;
        };
        self.path.push(signature.ident.to_string());
        if let Some(constant) = signature.constness {
            if self.needed.contains(&signature.ident.to_string()) {
                self.left_out += 1;
                self.path.pop();
                return;
            }
            self.constants.push(constant.span.byte_range());
        }
        let values = match &signature.output {
            ReturnType::Default if block.stmts.is_empty() => Vec::new(),
            ReturnType::Default => vec!["()".to_owned()],
            ReturnType::Type(_, output) => self.values(output),
        };
        let at = block.brace_token.span.open().byte_range().end;
        let path = std::mem::take(&mut self.path);
        for value in &values {
            let output = match &signature.output {
                ReturnType::Default => String::new(),
                ReturnType::Type(_, output) => format!(" -> {}", self.source_of(output)),
            };
            let id = self.mutant(block, &format!("replace {}{output} with {value}", path.join("::")));
            self.open(at, format!(" if crate::mutants::is({id}) {{ return {value}; }}"), Some(id));
        }
        self.path = path;
        visit::visit_block(self, block);
        self.path.pop();
    }

    /// What stands for a value of this type.
    fn values(&self, of: &Type) -> Vec<String> {
        let default = || vec!["Default::default()".to_owned()];
        let wrapped = |before: &str, inner: Vec<String>, after: &str| {
            inner.into_iter().map(|value| format!("{before}{value}{after}")).collect::<Vec<_>>()
        };
        match of {
            Type::Tuple(tuple) if tuple.elems.is_empty() => vec!["()".to_owned()],
            Type::Tuple(tuple) => tuple
                .elems
                .iter()
                .fold(vec!["(".to_owned()], |done, element| {
                    let values = self.values(element);
                    done.iter().flat_map(|done| values.iter().map(move |value| format!("{done}{value}, "))).collect()
                })
                .into_iter()
                .map(|tuple| tuple + ")")
                .collect(),
            Type::Reference(reference) if self.source_of(&reference.elem) == "str" => words(["\"\"", "\"xyzzy\""]),
            Type::Reference(reference) => wrapped("Box::leak(Box::new(", self.values(&reference.elem), "))"),
            // Whatever it is, it is another type than the one that the body has.
            Type::ImplTrait(_) | Type::Never(_) => Vec::new(),
            Type::Path(path) => {
                let last = path.path.segments.last().expect("a name");
                let inner: Vec<&Type> = match &last.arguments {
                    PathArguments::AngleBracketed(arguments) => {
                        let types = arguments.args.iter();
                        types.filter_map(|a| if let GenericArgument::Type(t) = a { Some(t) } else { None }).collect()
                    }
                    _ => Vec::new(),
                };
                let inner_values = || inner.first().map_or_else(default, |first| self.values(first));
                match last.ident.to_string().as_str() {
                    "bool" => words(["true", "false"]),
                    "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => words(["0", "1"]),
                    "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => words(["0", "1", "-1"]),
                    "f32" | "f64" => words(["0.0", "1.0", "-1.0"]),
                    "String" => words(["String::new()", "\"xyzzy\".into()"]),
                    "Cow" => words(["\"\".into()", "\"xyzzy\".into()"]),
                    "Option" => [vec!["None".to_owned()], wrapped("Some(", inner_values(), ")")].concat(),
                    "Result" if inner.is_empty() => words(["Ok(Default::default())"]),
                    "Result" => wrapped("Ok(", inner_values(), ")"),
                    "Vec" => [vec!["vec![]".to_owned()], wrapped("vec![", inner_values(), "]")].concat(),
                    "Box" | "Arc" | "Rc" => wrapped(&format!("{}::new(", last.ident), inner_values(), ")"),
                    _ => default(),
                }
            }
            _ => default(),
        }
    }

    fn arm(&mut self, arm: &syn::Arm, deletable: bool) {
        match &arm.guard {
            Some((_, guard)) if !has_let(guard) => {
                let range = guard.span().byte_range();
                let text = self.source_of(guard);
                let yes = self.mutant(guard, &format!("replace match guard {} with true", one_line(text)));
                let no = self.mutant(guard, &format!("replace match guard {} with false", one_line(text)));
                self.open(range.start, format!("crate::mutants::is({yes}) || "), Some(yes));
                self.open(range.start, format!("!crate::mutants::is({no}) && "), Some(no));
                self.open(range.start, "(", None);
                self.visit_expr(guard);
                self.close(range.end, ")");
            }
            Some((_, guard)) => self.visit_expr(guard),
            None if deletable => {
                let what = format!("delete match arm {}", one_line(self.source_of(&arm.pat)));
                let id = self.mutant(&arm.pat, &what);
                self.open(arm.pat.span().byte_range().end, format!(" if !crate::mutants::is({id})"), Some(id));
            }
            None => {}
        }
        self.visit_expr(&arm.body);
    }

    fn without_field(&self, whole: &Expr, field: &FieldValue) -> String {
        let (whole, field) = (whole.span().byte_range(), field.span().byte_range());
        let after = self.source[field.end..whole.end].trim_start().trim_start_matches(',');
        format!("{}{after}", &self.source[whole.start..field.start])
    }
}

impl<'ast> Visit<'ast> for Mutated<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            return visit::visit_item_mod(self, item);
        }
        let folder = self.file.rsplit_once('/').expect("a folder").0;
        let own = if self.file.ends_with("/mod.rs") { folder } else { self.file.trim_end_matches(".rs") };
        let elsewhere = item.attrs.iter().find(|attribute| attribute.path().is_ident("path")).map(|attribute| {
            let text = self.source_of(attribute).split('"').nth(1).expect("a path");
            format!("{folder}/{}", text.trim_end_matches(".rs"))
        });
        self.test_modules.push(elsewhere.unwrap_or_else(|| format!("{own}/{}", item.ident)));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.attrs, &item.sig, Some(&item.block));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.attrs, &item.sig, Some(&item.block));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.function(&item.attrs, &item.sig, item.default.as_ref());
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = item.trait_.as_ref().map(|(_, path, _)| self.source_of(path));
        // As `cargo mutants` does: what only programmers read, and what has nothing but defaults.
        if is_for_tests(&item.attrs) || of.is_some_and(|of| of.ends_with("Debug") || of == "Default") {
            return;
        }
        let own = self.source_of(&item.self_ty);
        self.path.push(of.map_or_else(|| own.to_owned(), |of| format!("<impl {of} for {own}>")));
        visit::visit_item_impl(self, item);
        self.path.pop();
    }

    // What is evaluated by the compiler can't be switched.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_item_enum(&mut self, _: &'ast syn::ItemEnum) {}
    fn visit_type(&mut self, _: &'ast Type) {}
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        self.visit_expr(&node.expr);
        let is_rest = |arm: &syn::Arm| matches!(arm.pat, Pat::Wild(_)) && arm.guard.is_none();
        let has_rest = node.arms.iter().any(is_rest);
        for arm in &node.arms {
            self.arm(arm, has_rest && !is_rest(arm));
        }
    }

    fn visit_expr(&mut self, node: &'ast Expr) {
        let mut texts = Vec::new();
        match node {
            Expr::Binary(binary) if !has_let(node) => {
                let (left, right) = (self.source_of(&binary.left), self.source_of(&binary.right));
                let operator = self.source_of(&binary.op);
                for other in instead_of(&binary.op) {
                    let id = self.mutant(&binary.op, &format!("replace {operator} with {other}"));
                    texts.push((format!("{left} {other} {right}"), id));
                }
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_) | UnOp::Neg(_)) && !has_let(node) => {
                let id = self.mutant(&unary.op, &format!("delete {}", self.source_of(&unary.op)));
                texts.push((self.source_of(&unary.expr).to_owned(), id));
            }
            Expr::Struct(of) if of.rest.is_some() => {
                for field in &of.fields {
                    let (name, path) = (self.source_of(&field.member), self.source_of(&of.path));
                    let id = self.mutant(field, &format!("delete field {name} from struct {path} expression"));
                    texts.push((self.without_field(node, field), id));
                }
            }
            _ => {}
        }
        self.choice(node, texts, |inside| visit::visit_expr(inside, node));
    }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        // `any(test, feature = "cli")` as well: what the gallery shows are the tests' samples.
        syn::Meta::List(list) if attribute.path().is_ident("cfg") => {
            list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
        }
        meta => meta.path().is_ident("test"),
    })
}

/// Whether it is a condition with `let` in it, which can't be put in parentheses.
fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

const fn instead_of(operator: &BinOp) -> &'static [&'static str] {
    match operator {
        BinOp::Eq(_) => &["!="],
        BinOp::Ne(_) => &["=="],
        BinOp::And(_) => &["||"],
        BinOp::Or(_) => &["&&"],
        BinOp::Lt(_) => &["==", ">", "<="],
        BinOp::Gt(_) => &["==", "<", ">="],
        BinOp::Le(_) => &[">"],
        BinOp::Ge(_) => &["<"],
        BinOp::Add(_) => &["-", "*"],
        BinOp::Sub(_) | BinOp::Mul(_) => &["+", "/"],
        BinOp::Div(_) => &["%", "*"],
        BinOp::Rem(_) => &["/", "+"],
        BinOp::Shl(_) => &[">>"],
        BinOp::Shr(_) => &["<<"],
        BinOp::BitAnd(_) => &["|", "^"],
        BinOp::BitOr(_) => &["&", "^"],
        BinOp::BitXor(_) => &["|", "&"],
        BinOp::AddAssign(_) => &["-=", "*="],
        BinOp::SubAssign(_) | BinOp::MulAssign(_) => &["+=", "/="],
        BinOp::DivAssign(_) => &["%=", "*="],
        _ => &[],
    }
}
