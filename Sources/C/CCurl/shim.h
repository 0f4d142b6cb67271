#include <curl/curl.h>

// The variadic functions of libcurl, one for each kind of argument.

typedef size_t (*shim_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*shim_seek_callback)(void *context, curl_off_t offset, int origin);

static inline CURLcode shim_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode shim_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode shim_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode shim_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode shim_set_data(CURL *handle, CURLoption option, shim_data_callback value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode shim_set_seek(CURL *handle, shim_seek_callback value) {
  return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, value);
}
static inline CURLMcode shim_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline long shim_status(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
static inline void *shim_context(CURL *handle) {
  void *context = 0;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &context);
  return context;
}
