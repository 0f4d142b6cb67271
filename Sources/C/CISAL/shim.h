#include <isa-l/crc.h>

// isa-l 2.30 returns with data in the upper halves of the vector registers. Until they are cleared,
// processors run all older vector instructions, those of Swift and zstd among them, up to five times
// slower.
static inline unsigned shim_crc32c(unsigned char *bytes, int count, unsigned state) {
  unsigned crc = crc32_iscsi(bytes, count, state);
#if defined(__AVX__)
  __builtin_ia32_vzeroupper();
#elif defined(__x86_64__)
  if (__builtin_cpu_supports("avx")) __asm__ volatile("vzeroupper");
#endif
  return crc;
}
