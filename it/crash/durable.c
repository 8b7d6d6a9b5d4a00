/*
 * Preloaded into a pipeline process by the crash harness: notes what the process has made durable, so
 * that the harness can take the rest away again, as a loss of power would. One line an event, written
 * when the call has returned:
 *
 *   S <inode> <size> <path>          a file was synced at this size
 *   T <inode> <size> <path>          a file was cut to this size
 *   D <inode> <path>, then E <inode> <name> lines and an empty line: a directory was synced with these entries
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD (1 << 20)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int notes = -1;
static char record[RECORD];

static const char *root(void) {
  return getenv("DURABLE_ROOT");
}

static int described(int fd, struct stat *status, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0 || fstat(fd, status) != 0 || !root()) return 0;
  path[length] = 0;
  return strncmp(path, root(), strlen(root())) == 0;
}

static void note(size_t length) {
  if (notes < 0) notes = open(getenv("DURABLE_NOTES"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (write(notes, record, length) != (ssize_t)length) abort();
}

static int synced(int fd, int (*call)(int)) {
  struct stat status;
  char path[4096];
  int saved = errno;
  int ours = described(fd, &status, path, sizeof path);
  if (!ours) {
    errno = saved;
    return call(fd);
  }
  pthread_mutex_lock(&lock);
  size_t length;
  if (S_ISDIR(status.st_mode)) {
    /* What is there before the sync is durable after it. */
    length = snprintf(record, RECORD, "D %lu %s\n", (unsigned long)status.st_ino, path);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
      if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
        length += snprintf(record + length, RECORD - length, "E %lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
    if (directory) closedir(directory);
    length += snprintf(record + length, RECORD - length, "\n");
  } else {
    length = snprintf(record, RECORD, "S %lu %lld %s\n", (unsigned long)status.st_ino, (long long)status.st_size, path);
  }
  errno = saved;
  int result = call(fd);
  saved = errno;
  if (result == 0) note(length);
  pthread_mutex_unlock(&lock);
  errno = saved;
  return result;
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return synced(fd, real);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return synced(fd, real);
}

static int cut(int fd, off64_t size, int (*call)(int, off64_t)) {
  struct stat status;
  char path[4096];
  int saved = errno;
  if (described(fd, &status, path, sizeof path)) {
    pthread_mutex_lock(&lock);
    note(snprintf(record, RECORD, "T %lu %lld %s\n", (unsigned long)status.st_ino, (long long)size, path));
    pthread_mutex_unlock(&lock);
  }
  errno = saved;
  return call(fd, size);
}

int ftruncate(int fd, off_t size) {
  static int (*real)(int, off64_t);
  if (!real) real = (int (*)(int, off64_t))dlsym(RTLD_NEXT, "ftruncate64");
  return cut(fd, size, real);
}

int ftruncate64(int fd, off64_t size) {
  static int (*real)(int, off64_t);
  if (!real) real = (int (*)(int, off64_t))dlsym(RTLD_NEXT, "ftruncate64");
  return cut(fd, size, real);
}
