// Linux calls that Swift's Glibc module doesn't show.
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/uio.h>

ssize_t preadv2(int descriptor, const struct iovec *pieces, int count, off_t offset, int flags);
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
int syncfs(int descriptor);

// linux/fs.h
enum { SHIM_RWF_NOWAIT = 8, SHIM_RENAME_NOREPLACE = 1 };

// Has the kernel kill this process when the thread that started it ends. prctl is variadic.
static inline int shim_die_with_parent(void) {
  return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

// Has a process that is being spawned close all descriptors from this one on.
int posix_spawn_file_actions_addclosefrom_np(void *actions, int first);
static inline int shim_spawn_closes_from(void *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// Has the processor fetch a line of memory that will be read soon.
static inline void shim_prefetch(const void *address) { __builtin_prefetch(address); }
