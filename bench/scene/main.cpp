// SPDX-License-Identifier: Apache-2.0
// tuban-scene: generate a scene with planted changes, score a result against its truth, draw both; or
// generate the reference layers and patches of a prefecture.
#include <gdal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "bench/scene/prefecture.h"
#include "bench/scene/scene.h"

int main(int argc, char** argv) {
  CLI::App app{"Paints scenes with planted changes, and judges results by them."};
  app.require_subcommand(1);

  tuban::scene::Options options;
  CLI::App* generate = app.add_subcommand("generate", "paint a scene into a folder");
  generate->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  generate->add_option("folder", options.folder, "where to")->required();
  generate->add_option("--seed", options.seed, "another seed, another scene")->capture_default_str();
  generate->add_option("--width", options.width, "pixels")->capture_default_str();
  generate->add_option("--height", options.height, "pixels")->capture_default_str();
  generate->add_option("--gsd", options.gsd, "ground sampling in m")->capture_default_str();
  generate->add_option("--compression", options.compression, "DEFLATE, ZSTD or NONE")->capture_default_str();
  generate->add_option("--tile", options.tile, "storage blocks; 0: strips")->capture_default_str();
  generate->add_option("--threads", options.threads, "how many paint")->capture_default_str();
  generate->add_option("--phenology", options.phenology, "share of the usual crop changes, 0: none")
      ->capture_default_str();
  generate->add_option("--restless", options.restless, "share of the usual wobble of unchanged ground")
      ->capture_default_str();
  generate->add_option("--changes", options.changes, "to plant on fields, about; -1: by area")
      ->capture_default_str();
  generate->add_option("--field-width", options.field_width, "m; wider fields, fewer parcels")
      ->capture_default_str();
  generate->add_option("--shift", options.shift, "px of misregistration")->capture_default_str();
  generate->add_option("--validity", options.validity, "of pixels told by: files, or nodata in the images")
      ->capture_default_str();

  std::string folder, result, png;
  CLI::App* score = app.add_subcommand("score", "compare a result with the truth");
  score->add_option("folder", folder, "of the scene")->required();
  score->add_option("result", result, "GeoPackage of the run")->required();
  CLI::App* picture = app.add_subcommand("picture", "draw before, after and the patches");
  picture->add_option("folder", folder, "of the scene")->required();
  picture->add_option("result", result, "GeoPackage of the run")->required();
  picture->add_option("png", png, "where to")->required();

  tuban::scene::PrefectureOptions country;
  CLI::App* prefecture =
      app.add_subcommand("prefecture", "write a prefecture's layers and patches into a folder");
  prefecture->add_option("folder", country.folder, "where to")->required();
  prefecture->add_option("--seed", country.seed, "another seed, another prefecture")->capture_default_str();
  prefecture->add_option("--scale", country.scale, "share of 9,500 km2, 0.001 to 1")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  GDALSetCacheMax64(std::int64_t{64} << 20);  // blocks are written once, in order
  try {
    if (generate->parsed()) {
      const tuban::scene::Summary summary = tuban::scene::generate(options);
      std::printf("%s: %d x %d at %g m, seed %llu\n", options.folder.c_str(), options.width, options.height,
                  options.gsd, static_cast<unsigned long long>(options.seed));
      std::printf("planted changes: %d (%d of 400 m2 or more)\n", summary.planted, summary.planted_400);
      for (const auto& [situation, count] : summary.by_situation)
        std::printf("  %-16s %4d\n", situation.c_str(), count);
      std::printf("paddies: %d, %.1f %% of their area harvested or flooded\n", summary.paddies,
                  100 * summary.paddy_changed_share);
      std::printf("valid pixels: before %.1f %%, after %.1f %%\n", 100 * summary.before_valid_share,
                  100 * summary.after_valid_share);
    } else if (prefecture->parsed()) {
      const tuban::scene::PrefectureSummary summary = tuban::scene::generate_prefecture(country);
      std::printf("%s: %.1f km2, seed %llu, %lld vertices\n", country.folder.c_str(), summary.km2,
                  static_cast<unsigned long long>(country.seed), static_cast<long long>(summary.vertices));
      for (const auto& [layer, count] : summary.features)
        std::printf("  %-12s %7lld\n", layer.c_str(), static_cast<long long>(count));
    } else if (score->parsed()) {
      std::fputs(tuban::scene::score(folder, result).text.c_str(), stdout);
    } else {
      tuban::scene::picture(folder, result, png);
      std::printf("%s\n", png.c_str());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tuban-scene: %s\n", error.what());
    return 1;
  }
}
