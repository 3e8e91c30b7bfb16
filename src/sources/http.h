// Files over http(s), kept in the store's downloads folder and asked for again only when the server has something new.
//
//   downloads/HASH-OF-URL/record.json     {url, file, sha256, etag, last_modified, bytes, fetched}
//   downloads/HASH-OF-URL/SHA256.csv.gz   the bytes as the server gave them
#pragma once

#include <string>

#include "base/files.h"
#include "base/json.h"

namespace filrouge {

struct Download {
  fs::path file;
  std::string sha256;
  std::string note;  ///< "the server is not reachable; using the copy of 2026-05-01": empty when it answered
};

/// Fetches `url` into `folder`, or makes sure that the copy there is still what the server has (ETag, Last-Modified).
/// `shown` is the URL as the thread has it, secrets not resolved: only that is written down or shown.
/// FR0329 when libcurl is missing. Redirects are followed (to http from https they are not); certificates are verified
/// against the system's. Throws Error(environment, FR0326) when the server refuses or cannot be reached and there is no
/// copy, FR0327 when the file is over the limit or does not fit on the disk.
Download fetch_url(const std::string& url, const std::string& shown, const fs::path& folder);

}  // namespace filrouge
