//! The operators: one file per family, and in it everything the solver knows about the operator.
//!
//! An operator is a real function of finitely many reals, possibly partial. [`Operator`] lists what the solver asks of
//! it: the value at a point, the enclosure over a box, the inverse that HC4 needs, derivatives, linear bounds, the exact
//! value and the printed form. [`Op`] is the closed list of operators; a new one is a new file and a line there.
//!
//! The rows of a neural network (`linear`, `noise`) are operators too, but of unbounded arity and with their own
//! coefficients; the tape compiles them into dense arrays instead of calling them through [`Operator`].

mod abs;
mod arithmetic;
pub mod coefficients;
mod curve;
mod exponential;
mod floor;
mod hyperbolic;
mod increment;
mod inverse_trigonometric;
mod ite;
pub mod linear;
mod logarithm;
mod logsumexp;
mod meet;
mod min_max;
pub mod noise;
pub mod power;
mod relu;
mod sigmoid;
mod trigonometric;

use crate::exact::Ball;
use crate::interval::Interval;
use std::fmt::Debug;
use std::sync::Arc;

/// Which side of a function a linear bound lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The linear function is at most the operator everywhere on the box.
    Lower,
    /// The linear function is at least the operator everywhere on the box.
    Upper,
}

/// What the solver knows about a real function `y = f(x_1, …, x_n)`.
///
/// All slices named `x` have the operator's arity. Enclosures are sets in the sense of IEEE 1788: the range of `f` over
/// the part of the box inside its domain, empty when there is none.
pub trait Operator: Debug {
    /// The SMT-LIB symbol, or a name of the same kind where SMT-LIB has none.
    fn symbol(&self) -> &'static str;

    /// `f(x)` in round-to-nearest doubles; NaN outside the domain. Only ever used to choose where to look.
    fn value(&self, x: &[f64]) -> f64;

    /// An interval that contains `f(x)` for every `x` in the box.
    fn enclose(&self, x: &[Interval]) -> Interval;

    /// HC4-revise: narrows each `x[i]` to an interval that still contains every `x_i` of a solution of
    /// `f(x) ∈ image` in the box. When there is no solution some `x[i]` may become empty.
    fn invert(&self, image: Interval, x: &mut [Interval]);

    /// Whether `f` is undefined somewhere, so that [`invert`](Self::invert) can narrow even where the image is not cut.
    fn is_partial(&self) -> bool {
        false
    }

    /// Whether `f` is certainly defined everywhere on the box.
    fn is_defined(&self, x: &[Interval]) -> bool {
        let _ = x;
        !self.is_partial()
    }

    /// Whether `f` takes integer values only, each on an interval, so that a search splits it between two of them.
    fn is_staircase(&self) -> bool {
        false
    }

    /// The partial derivatives at `x` in doubles; `value` is `f(x)`. At a kink any element of the subdifferential; of a
    /// staircase its slope at large.
    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]);

    /// Enclosures of the (Clarke) partial derivatives over the box, so that the mean value theorem holds with them;
    /// `image` encloses `f` over the box. Entire where nothing is known. Of a function that jumps, what bounds its difference
    /// quotients.
    fn derivative(&self, x: &[Interval], image: Interval, partials: &mut [Interval]);

    /// A linear bound over the box: writes the coefficients and returns the constant `c` such that
    /// `Σ coefficients_i x_i + c` lies on the given side of `f` everywhere on the (non-empty) box. The coefficients are
    /// finite doubles, exactly as given; all rounding is charged to the constant. An infinite constant means no bound.
    /// `image` encloses `f` over the box; that of a [staircase](Self::is_staircase) may be cut further, and the bound then
    /// holds where the value is in it.
    ///
    /// Without a better idea, a constant bound is one.
    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let _ = x;
        coefficients.fill(0.0);
        match side {
            Side::Lower => image.inf(),
            Side::Upper => image.sup(),
        }
    }

    /// `f(x)` in certified high precision, exact where that is possible; `None` outside the domain or where the
    /// precision does not suffice to tell.
    fn exact(&self, x: &[Ball]) -> Option<Ball>;

    /// The expression in SMT-LIB syntax that dReal and (where it has the function) z3 read; `x` are the operands.
    fn print(&self, x: &[&str]) -> String {
        format!("({} {})", self.symbol(), x.join(" "))
    }
}

/// The operators.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// An n-ary linear sum with exact coefficients.
    Linear(Arc<linear::Linear>),
    /// A linear sum whose coefficients move by a common noise variable, the first operand.
    Noise(Arc<noise::Noise>),
    /// `x·y`
    Mul,
    /// `x/y`
    Div,
    /// `x^n`, integer `n`
    Pow(power::Pow),
    /// `x^y`, real `y`
    RealPow,
    /// `√x`
    Sqrt,
    /// `|x|`
    Abs,
    /// `min(x, y)`
    Min,
    /// `max(x, y)`
    Max,
    /// `max(x, 0)`
    Relu,
    /// `⌊x⌋`
    Floor,
    /// the integer nearest to `x`, of two the even one
    Round,
    /// `round(x) − x`
    RoundOff,
    /// `a` if `c ≥ 0`, else `b`; operands `c, a, b`
    Ite,
    /// `e^x`
    Exp,
    /// natural logarithm
    Ln,
    /// sine
    Sin,
    /// cosine
    Cos,
    /// tangent
    Tan,
    /// arc sine
    Asin,
    /// arc cosine
    Acos,
    /// arc tangent
    Atan,
    /// angle of the point `(x, y)`; operands `y, x`
    Atan2,
    /// hyperbolic sine
    Sinh,
    /// hyperbolic cosine
    Cosh,
    /// hyperbolic tangent
    Tanh,
    /// `σ(x) = 1/(1 + e^−x)`
    Sigmoid,
    /// `ln Σ e^{x_i}`, n-ary
    LogSumExp,
    /// `f(z+d) − f(z)`; operands `z, d` (for [`Incremented::LogSumExp`] all `z_i`, then all `d_i`)
    Increment(Incremented),
    /// Two expressions known to denote the same real; both enclosures hold.
    Meet,
}

/// The functions that have an increment operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Incremented {
    /// `ReLU(z+d) − ReLU(z)`
    Relu,
    /// `|z+d| − |z|`
    Abs,
    /// `σ(z+d) − σ(z)`
    Sigmoid,
    /// `tanh(z+d) − tanh(z)`
    Tanh,
    /// `e^{z+d} − e^z`
    Exp,
    /// `ln Σ e^{z_i+d_i} − ln Σ e^{z_i}`
    LogSumExp,
}

impl Op {
    /// Whether the operator bends where its first operand changes its sign, so that a split there makes it straight.
    pub fn bends_at_zero(&self) -> bool {
        matches!(self, Op::Relu | Op::Abs | Op::Ite | Op::Increment(Incremented::Relu | Incremented::Abs))
    }

    /// Whether the operands are equal in value, and a linear bound takes one of them.
    pub fn is_meet(&self) -> bool {
        matches!(self, Op::Meet)
    }

    /// The operator behind the name; `None` for the rows ([`Op::Linear`], [`Op::Noise`]), which the tape compiles.
    pub fn operator(&self) -> Option<&dyn Operator> {
        Some(match self {
            Op::Linear(_) | Op::Noise(_) => return None,
            Op::Mul => &arithmetic::Mul,
            Op::Div => &arithmetic::Div,
            Op::Pow(pow) => pow,
            Op::RealPow => &power::RealPow,
            Op::Sqrt => &power::Sqrt,
            Op::Abs => &abs::Abs,
            Op::Min => &min_max::Min,
            Op::Max => &min_max::Max,
            Op::Relu => &relu::Relu,
            Op::Floor => &floor::Floor,
            Op::Round => &floor::Round,
            Op::RoundOff => &floor::RoundOff,
            Op::Ite => &ite::Ite,
            Op::Exp => &exponential::Exp,
            Op::Ln => &logarithm::Ln,
            Op::Sin => &trigonometric::Sin,
            Op::Cos => &trigonometric::Cos,
            Op::Tan => &trigonometric::Tan,
            Op::Asin => &inverse_trigonometric::Asin,
            Op::Acos => &inverse_trigonometric::Acos,
            Op::Atan => &inverse_trigonometric::Atan,
            Op::Atan2 => &inverse_trigonometric::Atan2,
            Op::Sinh => &hyperbolic::Sinh,
            Op::Cosh => &hyperbolic::Cosh,
            Op::Tanh => &hyperbolic::Tanh,
            Op::Sigmoid => &sigmoid::Sigmoid,
            Op::LogSumExp => &logsumexp::LogSumExp,
            Op::Increment(Incremented::Relu) => &relu::IncrementRelu,
            Op::Increment(Incremented::Abs) => &abs::IncrementAbs,
            Op::Increment(Incremented::Sigmoid) => &sigmoid::IncrementSigmoid,
            Op::Increment(Incremented::Tanh) => &hyperbolic::IncrementTanh,
            Op::Increment(Incremented::Exp) => &exponential::IncrementExp,
            Op::Increment(Incremented::LogSumExp) => &logsumexp::IncrementLogSumExp,
            Op::Meet => &meet::Meet,
        })
    }
}

/// An exact constant as an SMT-LIB decimal, or as a quotient of two where it has no finite decimal.
pub fn print_constant(c: &crate::exact::Constant) -> String {
    let magnitude = c.abs();
    let text = match crate::exact::rational::to_decimal(&magnitude.to_rational()) {
        Some(text) if text.contains('.') => text,
        Some(text) => format!("{text}.0"),
        None => {
            let r = magnitude.to_rational();
            format!("(/ {}.0 {}.0)", r.numer(), r.denom())
        }
    };
    if c.signum() < 0 { format!("(- {text})") } else { text }
}

/// `a·x` in SMT-LIB, without a product where `a` is ±1.
fn print_scaled(a: &crate::exact::Constant, x: &str) -> String {
    if *a == crate::exact::Constant::ONE {
        x.to_owned()
    } else if *a == -&crate::exact::Constant::ONE {
        format!("(- {x})")
    } else {
        format!("(* {} {x})", print_constant(a))
    }
}
