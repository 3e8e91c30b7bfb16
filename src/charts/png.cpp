// SVG to PNG through librsvg and cairo, loaded at run time: who never asks for a PNG needs neither of them. Only the
// handful of functions used is declared here (their C API has been stable since librsvg 2.46 and cairo 1.10).
#include <dlfcn.h>

#include <cmath>

#include "base/error.h"
#include "charts/vega.h"

namespace filrouge {
namespace {

constexpr double kMaxPixels = 32000;  // cairo's own limit is 32767 in each direction

struct GError {
  uint32_t domain;
  int code;
  char* message;
};
struct RsvgRectangle {
  double x, y, width, height;
};

struct Library {
  void* (*rsvg_handle_new_from_data)(const uint8_t*, size_t, GError**);
  int (*rsvg_handle_get_intrinsic_size_in_pixels)(void*, double*, double*);
  int (*rsvg_handle_render_document)(void*, void*, const RsvgRectangle*, GError**);
  void (*g_object_unref)(void*);
  void (*g_error_free)(GError*);
  void* (*cairo_image_surface_create)(int, int, int);
  void* (*cairo_create)(void*);
  int (*cairo_status)(void*);
  int (*cairo_surface_write_to_png)(void*, const char*);
  void (*cairo_destroy)(void*);
  void (*cairo_surface_destroy)(void*);
  const char* (*cairo_status_to_string)(int);
};

/// librsvg's own dependencies (cairo, glib) are found through its handle.
Library load_library() {
  void* handle = dlopen("librsvg-2.so.2", RTLD_NOW | RTLD_GLOBAL);
  if (!handle)
    throw Error(ErrorKind::environment, "FR0421", "a PNG needs librsvg, which is not installed",
                "on Debian and Ubuntu: sudo apt install librsvg2-2 fonts-liberation");
  Library library;
  const auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (!function)
      throw Error(ErrorKind::environment, "FR0421",
                  fmt::format("the librsvg that is installed is too old: it has no `{}`", name),
                  "librsvg 2.52 or newer draws PNGs; on Debian and Ubuntu: sudo apt install librsvg2-2");
  };
#define FIND(name) find(#name, library.name)
  FIND(rsvg_handle_new_from_data);
  FIND(rsvg_handle_get_intrinsic_size_in_pixels);
  FIND(rsvg_handle_render_document);
  FIND(g_object_unref);
  FIND(g_error_free);
  FIND(cairo_image_surface_create);
  FIND(cairo_create);
  FIND(cairo_status);
  FIND(cairo_surface_write_to_png);
  FIND(cairo_destroy);
  FIND(cairo_surface_destroy);
  FIND(cairo_status_to_string);
#undef FIND
  return library;
}

const Library& library() {
  static const Library loaded = load_library();  // tried again by the next call when it throws
  return loaded;
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ErrorKind::environment, "FR0424", fmt::format("cannot draw {}: {}", path.string(), reason));
}

[[noreturn]] void fail(const std::filesystem::path& path, GError* error) {
  const std::string reason = error ? error->message : "librsvg gives no reason";
  if (error) library().g_error_free(error);
  fail(path, reason);
}

using Handle = std::unique_ptr<void, void (*)(void*)>;

}  // namespace

void write_png(const std::string& svg, double scale, const std::filesystem::path& path) {
  const Library& lib = library();
  GError* error = nullptr;
  const Handle picture(lib.rsvg_handle_new_from_data(reinterpret_cast<const uint8_t*>(svg.data()), svg.size(), &error),
                       lib.g_object_unref);
  if (!picture) fail(path, error);
  double width = 0, height = 0;
  if (!lib.rsvg_handle_get_intrinsic_size_in_pixels(picture.get(), &width, &height))
    fail(path, "the SVG has no size in pixels");
  width = std::ceil(width * scale), height = std::ceil(height * scale);
  if (width > kMaxPixels || height > kMaxPixels)
    fail(path, fmt::format("{:.0f} x {:.0f} pixels are too many; give a smaller `width` or `height`", width, height));
  const int argb32 = 0;  // CAIRO_FORMAT_ARGB32
  const Handle surface(lib.cairo_image_surface_create(argb32, static_cast<int>(width), static_cast<int>(height)),
                       lib.cairo_surface_destroy);
  const Handle cairo(lib.cairo_create(surface.get()), lib.cairo_destroy);
  const RsvgRectangle viewport{0, 0, width, height};
  if (!lib.rsvg_handle_render_document(picture.get(), cairo.get(), &viewport, &error)) fail(path, error);
  if (int status = lib.cairo_status(cairo.get())) fail(path, lib.cairo_status_to_string(status));
  if (int status = lib.cairo_surface_write_to_png(surface.get(), path.c_str()))
    fail(path, lib.cairo_status_to_string(status));
}

}  // namespace filrouge
