//! The commands of a script, one function each.

use super::answer::{ModelValue, Verdict};
use super::boolean::Signed;
use super::check::{self, Questions};
use super::context::{Declared, Function, Global, Range, Role, SortName, Value};
use super::declaration::{sort_and_range, sort_named};
use super::error::ScriptError;
use super::lower::Lowering;
use super::print;
use super::real::Sum;
use super::script::Reply;
use super::session::{Assertion, Objective, Session};
use super::settings::Source;
use super::sexpr::{Kind, Tree, Word, quoted, symbol};
use crate::budget::Budget;
use crate::search::Observer;
use std::rc::Rc;
use std::time::Duration;

/// How long a core may be made smaller, at least.
const CORE: Duration = Duration::from_secs(1);

type Result<T> = std::result::Result<T, ScriptError>;

/// One command.
pub(super) struct Call<'a> {
    pub(super) session: &'a mut Session,
    pub(super) tree: Rc<Tree>,
    pub(super) observer: &'a mut dyn Observer,
}

impl Call<'_> {
    /// Executes it; `None` for `(exit)`.
    pub(super) fn execute(&mut self) -> Result<Option<Reply>> {
        let parts: Vec<usize> = self.tree.children(0).collect();
        let name = match parts.first().map(|&head| self.tree.kind(head)) {
            Some(Kind::Symbol(word)) if self.tree.is_list(0) => self.session.context.words.text(word).to_owned(),
            _ => return Err(self.error(0, "expected a command such as (assert …) or (check-sat)")),
        };
        let reply = match name.as_str() {
            "exit" => return Ok(None),
            "set-logic" | "set-info" => Reply::default(),
            "set-option" => self.set_option(&parts)?,
            "declare-fun" | "declare-const" | "declare-var" => self.declare(&parts, name == "declare-fun")?,
            "define-fun" => self.define_function(&parts)?,
            "define-const" => self.define_constant(&parts)?,
            "assert" => self.assert(&parts)?,
            "minimize" | "maximize" | "minimise" | "maximise" => self.objective(&parts, name.starts_with("max"))?,
            "push" | "pop" => self.scope(&parts, name == "push")?,
            "check-sat" => self.check(0, Vec::new())?,
            "check-sat-assuming" => self.check_assuming(&parts)?,
            "get-model" => self.get_model()?,
            "get-value" => self.get_value(&parts)?,
            "get-option" => self.get_option(&parts)?,
            "get-info" => self.get_info(&parts)?,
            "get-assertions" => self.get_assertions(),
            "get-unsat-core" => self.core(false)?,
            "get-unsat-assumptions" => self.core(true)?,
            "echo" => match self.kind(&parts, 1) {
                Some(Kind::Text(word)) => Reply::text(quoted(self.session.context.words.text(word))),
                _ => return Err(self.error(0, "malformed, expected (echo \"text\")")),
            },
            "reset" => {
                self.session.reset();
                Reply::default()
            }
            "reset-assertions" => {
                self.session.reset_assertions();
                Reply::default()
            }
            "declare-sort" | "define-sort" | "declare-datatype" | "declare-datatypes" | "define-fun-rec"
            | "define-funs-rec" => {
                return Err(self.error(
                    parts[0],
                    &format!("`{name}` is not supported: this solver knows numbers and truth values"),
                ));
            }
            _ => return Err(self.error(parts[0], &format!("unknown command `{name}`"))),
        };
        let settings = &self.session.settings;
        let silent = reply.text.is_none() && reply.answer.is_none();
        Ok(Some(if silent && *settings.print_success.get() {
            Reply { text: Some("success".into()), ..reply }
        } else {
            reply
        }))
    }

    fn error(&self, at: usize, message: &str) -> ScriptError {
        ScriptError::new(message, self.tree.span(at))
    }

    /// The error of a command that asks for what is not there.
    fn refusal(&self, at: usize, message: &str) -> ScriptError {
        self.error(at, message).passing()
    }

    fn kind(&self, parts: &[usize], index: usize) -> Option<Kind> {
        parts.get(index).map(|&at| self.tree.kind(at))
    }

    /// The value of the term at `at`; `named` takes the names given inside.
    fn term(&mut self, at: usize, named: &mut Vec<Word>) -> Result<Value> {
        let Session { context, settings, .. } = &mut *self.session;
        let mut lowering = Lowering::new(context, &settings.budget, Rc::clone(&self.tree));
        let value = lowering.term(at);
        named.append(&mut lowering.named);
        value
    }

    fn formula(&mut self, at: usize, named: &mut Vec<Word>) -> Result<Signed> {
        match self.term(at, named)? {
            Value::Bool(formula) => Ok(formula),
            Value::Real(_) => Err(self.error(at, "a number, expected a formula")),
        }
    }

    fn set_option(&mut self, parts: &[usize]) -> Result<Reply> {
        let Some(Kind::Keyword(word)) = self.kind(parts, 1) else {
            return Err(self.error(0, "malformed, expected (set-option :name value)"));
        };
        let name = self.session.context.words.text(word).to_owned();
        let value = match parts.get(2) {
            Some(&at) => match self.tree.kind(at) {
                Kind::Text(word) => self.session.context.words.text(word).to_owned(),
                _ => self.tree.print(at, &self.session.context.words),
            },
            None => String::new(),
        };
        let known = self.session.settings.set_option(&name, &value, Source::Script);
        match known {
            Ok(true) => Ok(Reply::default()),
            Ok(false) => {
                let compliant = *self.session.settings.smtlib2_compliant.get();
                let text = compliant.then(|| "unsupported".to_owned());
                Ok(Reply { text, note: Some(format!("option `:{name}` means nothing here")), ..Reply::default() })
            }
            Err(message) => Err(self.error(*parts.get(2).unwrap_or(&0), &format!("`:{name}`: {message}"))),
        }
    }

    /// A new name at position `index`.
    fn new_name(&self, parts: &[usize], index: usize, form: &str) -> Result<Word> {
        let Some(Kind::Symbol(word)) = self.kind(parts, index) else {
            return Err(self.error(0, &format!("malformed, expected {form}")));
        };
        let name = self.session.context.words.text(word);
        if self.session.context.global(word).is_some() {
            return Err(self.error(parts[index], &format!("`{name}` is declared twice, expected a new name")));
        }
        if matches!(
            name,
            "let" | "forall" | "exists" | "!" | "_" | "as" | "true" | "false" | "and" | "or" | "not" | "="
        ) {
            return Err(self.error(parts[index], &format!("`{name}` is reserved, expected a name of your own")));
        }
        Ok(word)
    }

    fn declare(&mut self, parts: &[usize], function: bool) -> Result<Reply> {
        let form = if function { "(declare-fun name () sort)" } else { "(declare-const name sort)" };
        let name = self.new_name(parts, 1, form)?;
        let mut rest = &parts[2..];
        if function {
            match rest.split_first() {
                Some((&parameters, others)) if self.tree.is_list(parameters) => {
                    if self.tree.end(parameters) != parameters + 1 {
                        let message = "uninterpreted functions are not supported, expected () for a constant";
                        return Err(self.error(parameters, message));
                    }
                    rest = others;
                }
                _ => return Err(self.error(0, &format!("malformed, expected {form}"))),
            }
        }
        let tree = Rc::clone(&self.tree);
        let (sort, range) = sort_and_range(&mut self.session.context, &tree, rest, tree.span(0))?;
        let context = &mut self.session.context;
        let (_, value) = context.declare(Declared { name, sort, range, role: Role::Free });
        context.define(name, Global::Value(value));
        Ok(Reply::default())
    }

    fn define_function(&mut self, parts: &[usize]) -> Result<Reply> {
        let form = "(define-fun name ((parameter sort) …) sort term)";
        let name = self.new_name(parts, 1, form)?;
        let &[_, _, parameters, sort, body] = parts else {
            return Err(self.error(0, &format!("malformed, expected {form}")));
        };
        let mut known: Vec<(Word, SortName)> = Vec::new();
        let tree = Rc::clone(&self.tree);
        for parameter in tree.children(parameters) {
            let pair: Vec<usize> = tree.children(parameter).take(3).collect();
            let &[name, sort] = pair.as_slice() else {
                return Err(self.error(parameter, "malformed parameter, expected (name sort)"));
            };
            let Kind::Symbol(word) = tree.kind(name) else {
                return Err(self.error(name, "expected the name of a parameter"));
            };
            if known.iter().any(|&(other, _)| other == word) {
                return Err(self.error(name, "the same parameter twice, expected different names"));
            }
            known.push((word, self.sort(sort)?));
        }
        let sort = self.sort(sort)?;
        if known.is_empty() {
            return self.define(name, sort, body);
        }
        // evaluated once at variables of its own, only to find what is wrong with it
        let mark = self.session.context.mark();
        let arguments: Vec<Value> = known
            .iter()
            .map(|&(name, sort)| {
                let declared = Declared { name, sort, range: Range::default(), role: Role::Bound };
                self.session.context.declare(declared).1
            })
            .collect();
        let Session { context, settings, .. } = &mut *self.session;
        let mut lowering = Lowering::new(context, &settings.budget, Rc::clone(&tree));
        for (&(name, _), value) in known.iter().zip(arguments) {
            lowering.bind(name, value);
        }
        let value = lowering.term(body);
        self.session.context.truncate(mark);
        self.expect_sort(&value?, sort, body)?;
        let body = Rc::new(tree.subtree(body));
        let function = Function { name, parameters: known, body };
        self.session.context.define(name, Global::Function(Rc::new(function)));
        Ok(Reply::default())
    }

    fn define_constant(&mut self, parts: &[usize]) -> Result<Reply> {
        let form = "(define-const name sort term)";
        let name = self.new_name(parts, 1, form)?;
        let &[_, _, sort, body] = parts else { return Err(self.error(0, &format!("malformed, expected {form}"))) };
        let sort = self.sort(sort)?;
        self.define(name, sort, body)
    }

    fn define(&mut self, name: Word, sort: SortName, body: usize) -> Result<Reply> {
        let value = self.term(body, &mut Vec::new())?;
        self.expect_sort(&value, sort, body)?;
        let value = match value {
            Value::Real(sum) => Value::Real(sum.shared(&mut self.session.context.graph)),
            formula => formula,
        };
        self.session.context.define(name, Global::Value(value));
        Ok(Reply::default())
    }

    fn sort(&self, at: usize) -> Result<SortName> {
        let named = match self.tree.kind(at) {
            Kind::Symbol(word) => sort_named(self.session.context.words.text(word)),
            _ => None,
        };
        named.ok_or_else(|| self.error(at, "unknown sort, expected Real, Int, Bool or Binary"))
    }

    fn expect_sort(&self, value: &Value, sort: SortName, at: usize) -> Result<()> {
        match (value, sort == SortName::Bool) {
            (Value::Bool(_), true) | (Value::Real(_), false) => Ok(()),
            _ => Err(self.error(at, &format!("{}, expected sort {}", value.kind(), sort.name()))),
        }
    }

    fn assert(&mut self, parts: &[usize]) -> Result<Reply> {
        let &[_, term] = parts else { return Err(self.error(0, "malformed, expected (assert term)")) };
        let mut named = Vec::new();
        let formula = self.formula(term, &mut named)?;
        // only the name of the whole term names the assertion
        let outermost = self.outermost_name(term);
        let name = named.pop().filter(|name| Some(*name) == outermost);
        self.session.assertions.push(Assertion { formula, name, source: Some((Rc::clone(&self.tree), term)) });
        Ok(Reply::default())
    }

    /// The name in `(! term :named name)`.
    fn outermost_name(&self, term: usize) -> Option<Word> {
        let parts: Vec<usize> = self.tree.children(term).collect();
        let words = &self.session.context.words;
        match self.kind(&parts, 0)? {
            Kind::Symbol(head) if words.text(head) == "!" => {}
            _ => return None,
        }
        parts.windows(2).find_map(|pair| match (self.tree.kind(pair[0]), self.tree.kind(pair[1])) {
            (Kind::Keyword(word), Kind::Symbol(name)) if words.text(word) == "named" => Some(name),
            _ => None,
        })
    }

    fn objective(&mut self, parts: &[usize], maximised: bool) -> Result<Reply> {
        let &[_, term] = parts else { return Err(self.error(0, "malformed, expected (minimize term)")) };
        let Value::Real(sum) = self.term(term, &mut Vec::new())? else {
            return Err(self.error(term, "a formula, expected a number"));
        };
        let graph = &mut self.session.context.graph;
        let sum = if maximised { sum.times(&-&crate::exact::Constant::ONE, graph) } else { sum };
        let expr = Sum::node(sum, graph);
        let text = self.tree.print(term, &self.session.context.words);
        self.session.objectives.push(Objective { expr, maximised, text });
        Ok(Reply::default())
    }

    fn scope(&mut self, parts: &[usize], push: bool) -> Result<Reply> {
        const MOST: usize = 1_000_000;
        let count = match self.kind(parts, 1) {
            None => Some(1),
            Some(Kind::Number(word)) => self.session.context.words.text(word).parse().ok().filter(|&n| n <= MOST),
            Some(_) => None,
        };
        let Some(count) = count else { return Err(self.error(parts[1], "expected a number of scopes")) };
        if push {
            self.session.push(count);
        } else if !self.session.pop(count) {
            let message = format!("{count} scopes to pop, but only {} are open", self.session.levels());
            return Err(self.error(0, &message));
        }
        Ok(Reply::default())
    }

    fn check(&mut self, at: usize, assumptions: Vec<Assertion>) -> Result<Reply> {
        self.session.reply_to_check(assumptions, self.observer).map_err(|message| self.error(at, &message))
    }

    fn check_assuming(&mut self, parts: &[usize]) -> Result<Reply> {
        let &[_, list] = parts else {
            return Err(self.error(0, "malformed, expected (check-sat-assuming (term …))"));
        };
        if !self.tree.is_list(list) {
            return Err(self.error(list, "expected a list of formulas"));
        }
        let tree = Rc::clone(&self.tree);
        let mut assumptions = Vec::new();
        for term in tree.children(list) {
            let formula = match self.formula(term, &mut Vec::new()) {
                Err(ScriptError { stopped: Some(reason), .. }) => {
                    self.session.cut = Some(reason);
                    return self.check(0, Vec::new());
                }
                formula => formula?,
            };
            assumptions.push(Assertion { formula, name: None, source: Some((Rc::clone(&tree), term)) });
        }
        self.check(0, assumptions)
    }

    fn get_model(&mut self) -> Result<Reply> {
        let compliant = *self.session.settings.smtlib2_compliant.get();
        let says_sat = *self.session.settings.exact_sat.get();
        let answer = self.session.last.as_ref().map(|last| &last.answer);
        let Some(answer) = answer.filter(|answer| matches!(answer.verdict, Verdict::DeltaSat { .. })) else {
            return Err(self.refusal(0, "no model, expected a delta-sat answer before"));
        };
        let mut lines = vec!["(model".to_owned()];
        for entry in &answer.model {
            let value = match (&entry.value, entry.within) {
                (ModelValue::Bool(value), _) => value.to_string(),
                // the number is that of a solution up to δ, which is not enough for `sat`
                (_, Some((lower, upper))) if says_sat && lower < upper => print::interval(lower, upper),
                (ModelValue::Integer(x), _) => print::model_value(x, true, compliant),
                (ModelValue::Number(x), _) => print::model_value(x, false, compliant),
            };
            lines.push(format!("  (define-fun {} () {} {value})", symbol(&entry.name), entry.sort));
        }
        lines.push(")".to_owned());
        Ok(Reply::text(lines.join("\n")))
    }

    fn get_value(&mut self, parts: &[usize]) -> Result<Reply> {
        let &[_, list] = parts else { return Err(self.error(0, "malformed, expected (get-value (term …))")) };
        let verdict = self.session.last.as_ref().map(|last| last.answer.verdict);
        if !matches!(verdict, Some(Verdict::DeltaSat { .. })) {
            return Err(self.refusal(0, "no model, expected a delta-sat answer before"));
        }
        let tree = Rc::clone(&self.tree);
        let mut lines = vec!["(".to_owned()];
        for term in tree.children(list) {
            // there is an answer: what is asked about it is told, however late
            let value = Lowering::new(&mut self.session.context, &Budget::unlimited(), Rc::clone(&tree)).term(term)?;
            let text = self.session.evaluate(value).map_err(|message| self.refusal(term, &message))?;
            lines.push(format!("\t({} {text})", tree.print(term, &self.session.context.words)));
        }
        lines.push(")".to_owned());
        Ok(Reply::text(lines.join("\n")))
    }

    fn get_option(&mut self, parts: &[usize]) -> Result<Reply> {
        let Some(Kind::Keyword(word)) = self.kind(parts, 1) else {
            return Err(self.error(0, "malformed, expected (get-option :name)"));
        };
        let text = self.session.settings.option(self.session.context.words.text(word));
        Ok(Reply::text(text.unwrap_or_else(|| "unsupported".into())))
    }

    fn get_info(&mut self, parts: &[usize]) -> Result<Reply> {
        let Some(Kind::Keyword(word)) = self.kind(parts, 1) else {
            return Err(self.error(0, "malformed, expected (get-info :name)"));
        };
        let text = match self.session.context.words.text(word) {
            "name" => "(:name \"deltasat\")".to_owned(),
            "version" => format!("(:version \"{}\")", env!("CARGO_PKG_VERSION")),
            "authors" => format!("(:authors {})", quoted(env!("CARGO_PKG_AUTHORS"))),
            "error-behavior" => "(:error-behavior immediate-exit)".to_owned(),
            "assertion-stack-levels" => format!("(:assertion-stack-levels {})", self.session.levels()),
            "reason-unknown" => format!("(:reason-unknown {})", self.session.reason().word()),
            "all-statistics" => match &self.session.last {
                Some(last) => {
                    let s = &last.answer.statistics;
                    format!(
                        "(:boxes {} :splits {} :refuted {} :depth {} :time {:.3})",
                        s.boxes, s.splits, s.refuted, s.depth, s.seconds
                    )
                }
                None => "()".to_owned(),
            },
            _ => "unsupported".to_owned(),
        };
        Ok(Reply::text(text))
    }

    fn get_assertions(&mut self) -> Reply {
        let words = &self.session.context.words;
        let texts = self.session.assertions.iter().filter_map(|assertion| assertion.source.as_ref());
        let lines: Vec<String> = texts.map(|(tree, at)| format!("\n  {}", tree.print(*at, words))).collect();
        Reply::text(format!("({}\n)", lines.concat()))
    }

    /// The named assertions, or the assumptions, of a refutation: those without which it does not succeed any more in as
    /// many boxes, tried one after the other while there is time.
    fn core(&mut self, assumptions: bool) -> Result<Reply> {
        let session = &mut *self.session;
        let last = session.last.as_ref().filter(|last| last.answer.verdict == Verdict::Unsat);
        let Some(last) = last else { return Err(self.refusal(0, "no refutation, expected an unsat answer before")) };
        // as Session::questions lists them
        let tracks = last.tracks;
        if !tracks && !assumptions {
            return Err(self.refusal(0, "cores are not kept, expected (set-option :produce-unsat-cores true) before"));
        }
        let named = |assertion: &&Assertion| tracks && assertion.name.is_some();
        let tracked: Vec<&Assertion> = session.assertions.iter().filter(named).chain(&last.assumptions).collect();
        let count = tracked.len() - last.assumptions.len();
        let wanted = |index: &usize| (*index >= count) == assumptions;
        let (mut kept, others): (Vec<usize>, Vec<usize>) = last.core.iter().copied().partition(wanted);
        let unnamed = session.assertions.iter().filter(|assertion| !named(assertion)).map(|a| a.formula);
        let unnamed: Vec<Signed> = unnamed.collect();
        let time = CORE.max(Duration::try_from_secs_f64(10.0 * last.answer.statistics.seconds).unwrap_or(CORE));
        let budget = session.settings.budget.clone().with_time(time);
        // those before `index` are needed
        let mut index = 0;
        while index < kept.len() && !budget.expired() {
            let rest: Vec<usize> = kept[..index].iter().chain(&kept[index + 1..]).copied().collect();
            let fixed = unnamed.iter().copied().chain(others.iter().map(|&other| tracked[other].formula));
            let tried = rest.iter().map(|&other| tracked[other].formula);
            let questions = Questions { fixed: fixed.collect(), tracked: tried.collect() };
            let known = &last.answer.statistics;
            match check::still_unsat(&session.context, &questions, known, &budget, &session.settings) {
                Some(core) => {
                    // the new refutation may do without others too
                    index = core.iter().filter(|&&at| at < index).count();
                    kept = core.into_iter().map(|at| rest[at]).collect();
                }
                None => index += 1,
            }
        }
        let kept = kept.into_iter().map(|index| tracked[index]);
        let words = &session.context.words;
        let names: Vec<String> = kept
            .filter_map(|assertion| match (assumptions, assertion.name, &assertion.source) {
                (false, Some(name), _) => Some(symbol(words.text(name)).into_owned()),
                (true, _, Some((tree, at))) => Some(tree.print(*at, words)),
                _ => None,
            })
            .collect();
        Ok(Reply::text(format!("({})", names.join(" "))))
    }
}
