// SPDX-License-Identifier: Apache-2.0
// The command line: one face of the job. It is the host: signals, progress, GDAL's cache and the exit code
// are its business, never the library's.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <new>

#include "bindings/cli/commands.h"
#include "tuban/error.h"
#include "tuban/version.h"

namespace {

using tuban::ErrorCode;

int fail(ErrorCode code, std::string sentence) {
  std::replace(sentence.begin(), sentence.end(), '\n', ' ');
  std::fputs(fmt::format("tuban: {}\n", sentence).c_str(), stderr);
  return static_cast<int>(code);
}

int dispatch(CLI::App& app, int argc, char** argv) {
  tuban::cli::DetectCommand detect;
  tuban::cli::MarkCommand mark;
  tuban::cli::InfoCommand info;
  tuban::cli::ScenesCommand scenes;
  tuban::cli::ExplainCommand explain;
  tuban::cli::DeliverCommand deliver;
  tuban::cli::FactsCommand facts;
  tuban::cli::RulesCommand rules;
  detect.add(app);
  mark.add(app);
  info.add(app);
  scenes.add(app);
  explain.add(app);
  deliver.add(app);
  facts.add(app);
  rules.add(app);
  try {
    app.parse(argc, argv);
    if (detect.chosen()) return detect.run();
    if (mark.chosen()) return mark.run();
    if (info.chosen()) return info.run();
    if (scenes.chosen()) return scenes.run();
    if (explain.chosen()) return explain.run();
    if (deliver.chosen()) return deliver.run();
    if (facts.chosen()) return facts.run();
    if (rules.chosen()) return rules.run();
    tuban::cli::refuse_extras(app);
    return fail(ErrorCode::usage,
                "a command is missing: detect, mark, info, scenes, explain, deliver, facts or rules; see "
                "tuban --help");
  } catch (const CLI::Success& request) {
    return app.exit(request);  // help and version, on stdout
  } catch (const CLI::ParseError& error) {
    return fail(ErrorCode::usage, tuban::Error(ErrorCode::usage, error.what()).what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  int code = 0;
  try {
    CLI::App app("Tuban: change patches from satellite imagery, marked by rules", "tuban");
    app.set_version_flag("--version", std::string("tuban ") + tuban::version());
    app.allow_extras();
    app.footer("Example:\n  tuban detect 2020.tif 2021.tif -o patches.gpkg\nMore: tuban COMMAND --help\n");
    code = dispatch(app, argc, argv);
  } catch (const tuban::Error& error) {
    code = fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    code = fail(ErrorCode::resource, "not enough memory; give a bound with --memory or a smaller --tile");
  } catch (const std::exception& error) {
    code = fail(ErrorCode::runtime, tuban::Error(ErrorCode::runtime, error.what()).what());
  }
  if (std::fflush(stdout) != 0 && code == 0)
    return fail(ErrorCode::runtime, "cannot write to standard output");
  return code;
}
