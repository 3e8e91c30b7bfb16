// Build tool: compiles JavaScript files to QuickJS bytecode, so that the program starts Vega without parsing 770 kB of
// text.
//
//   compile_scripts INPUT.js OUTPUT.bytecode
//
// The bytecode fits only the QuickJS that made it: both come from the same sources in the same build.
#include <quickjs.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: compile_scripts INPUT.js OUTPUT.bytecode\n";
    return 2;
  }
  std::ifstream input(argv[1], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
  if (!input || text.empty()) {
    std::cerr << "compile_scripts: cannot read " << argv[1] << '\n';
    return 1;
  }
  JSRuntime* runtime = JS_NewRuntime();
  JS_SetMaxStackSize(runtime, 7 << 20);
  JSContext* context = JS_NewContext(runtime);
  const JSValue function = JS_Eval(context, text.c_str(), text.size(), argv[1], JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(function)) {
    const JSValue error = JS_GetException(context);
    std::cerr << argv[1] << ": " << JS_ToCString(context, error) << '\n';
    return 1;
  }
  size_t size = 0;
  const uint8_t* bytes = JS_WriteObject(context, &size, function,
                                        JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE | JS_WRITE_OBJ_STRIP_DEBUG);
  std::ofstream output(argv[2], std::ios::binary);
  output.write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  const bool is_written = bytes && output.flush();
  js_free(context, const_cast<uint8_t*>(bytes));
  JS_FreeValue(context, function);
  JS_FreeContext(context);
  JS_FreeRuntime(runtime);
  return is_written ? 0 : 1;
}
