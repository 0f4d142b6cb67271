// Linux calls that Swift's Glibc module doesn't show.
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

ssize_t preadv2(int descriptor, const struct iovec *pieces, int count, off_t offset, int flags);
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);

// linux/fs.h
enum { SHIM_RWF_NOWAIT = 8, SHIM_RENAME_NOREPLACE = 1 };
