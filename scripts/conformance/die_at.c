/* Kills the process right after its n-th change of a file system, for check_resume.sh.
 *
 * LD_PRELOAD names this library, DIE_AT the number, DIE_BY the signal (9 unless given); DIE_COUNT a
 * file that is told how many changes there were. Changes are what creates, writes, renames or
 * removes files, not what is sent to sockets.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int changes;
static int last, by = SIGKILL;
static char report[4096];

__attribute__((constructor)) static void begin(void) {
  const char *number = getenv("DIE_AT"), *file = getenv("DIE_COUNT");
  const char *signal = getenv("DIE_BY");
  last = number ? atoi(number) : 0;
  if (signal) by = atoi(signal);
  if (file) strncpy(report, file, sizeof report - 1);
  /* Not for the processes that this one starts. */
  unsetenv("LD_PRELOAD");
  unsetenv("DIE_AT");
  unsetenv("DIE_BY");
  unsetenv("DIE_COUNT");
}

__attribute__((destructor)) static void end(void) {
  FILE *file = report[0] ? fopen(report, "w") : NULL;
  if (!file) return;
  fprintf(file, "%d\n", atomic_load(&changes));
  fclose(file);
}

static void changed(void) {
  if (atomic_fetch_add(&changes, 1) + 1 == last) {
    kill(getpid(), by);
    if (by == SIGKILL) pause();
  }
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int may_create(int flags) { return flags & O_CREAT; }

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = may_create(flags) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  int result = NEXT(open)(path, flags, mode);
  if (may_create(flags) && result >= 0) changed();
  return result;
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = may_create(flags) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  int result = NEXT(open64)(path, flags, mode);
  if (may_create(flags) && result >= 0) changed();
  return result;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  ssize_t result = NEXT(write)(descriptor, bytes, count);
  struct stat status;
  if (result > 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) changed();
  return result;
}

int rename(const char *from, const char *to) {
  int result = NEXT(rename)(from, to);
  if (result == 0) changed();
  return result;
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  int result = NEXT(renameat2)(from_folder, from, to_folder, to, flags);
  if (result == 0) changed();
  return result;
}

int unlink(const char *path) {
  int result = NEXT(unlink)(path);
  if (result == 0) changed();
  return result;
}

int mkdir(const char *path, mode_t mode) {
  int result = NEXT(mkdir)(path, mode);
  if (result == 0) changed();
  return result;
}

int rmdir(const char *path) {
  int result = NEXT(rmdir)(path);
  if (result == 0) changed();
  return result;
}
