//! Whether the processor has the instructions that this build uses.
//!
//! Interval arithmetic is compiled for AVX2 and FMA, and a processor without them ends a program by signal at the first of
//! these instructions. A command asks [`is_supported`] before anything else and says so in words.

/// What a command prints on stderr where [`is_supported`] says no, with its newline.
pub const UNSUPPORTED: &str = "error: this processor lacks instructions that this build uses: expected x86-64 of level v3 \
                               (AVX2 and FMA; Intel from Haswell, AMD from Excavator and Zen on, no Atom)\n";

/// Whether the processor has the vector instructions that this build was compiled for.
///
/// # Examples
/// ```
/// assert!(deltasat::processor::is_supported(), "this test could not run otherwise");
/// ```
#[cfg(target_arch = "x86_64")]
pub fn is_supported() -> bool {
    // `is_x86_feature_detected` answers for the build where the build has the feature, so ask the processor itself
    let processor = raw_cpuid::CpuId::new();
    let basic = processor.get_feature_info();
    let extended = processor.get_extended_feature_info();
    let avx2 = extended.is_some_and(|info| info.has_avx2() && info.has_bmi1() && info.has_bmi2());
    let fma = basic.is_some_and(|info| info.has_oxsave() && info.has_avx() && info.has_fma());
    (!cfg!(target_feature = "avx2") || avx2) && (!cfg!(target_feature = "fma") || fma)
}

/// Whether the processor has the vector instructions that this build was compiled for; this architecture has one level.
#[cfg(not(target_arch = "x86_64"))]
pub fn is_supported() -> bool {
    true
}
