// SPDX-License-Identifier: Apache-2.0
// tuban-race: runs commands in turn, round after round, and prints medians and ratios. Load on the machine
// then hits all of them alike: a ratio is taken inside each round, and the median of these is printed.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Sample {
  double wall = 0, user = 0, system = 0, peak_mb = 0;
  double cpu() const { return user + system; }
};

struct Runner {
  std::string label, command;
  std::vector<Sample> samples;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

template <typename Get>
std::vector<double> column(const Runner& runner, Get get) {
  std::vector<double> values;
  for (const Sample& sample : runner.samples) values.push_back(get(sample));
  return values;
}

std::string tail(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.size() > 1500 ? text.substr(text.size() - 1500) : text;
}

/// Runs the command in a shell; what it prints goes to `log`.
Sample run(const Runner& runner, const std::string& log) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start a process");
  if (child == 0) {
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0) _exit(126);
    execl("/bin/bash", "bash", "-c", runner.command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) throw std::runtime_error("lost a process");
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error("\"" + runner.label + "\" failed:\n" + runner.command + "\n" + tail(log));
  return {wall.count(), seconds(usage.ru_utime), seconds(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) * 1024 / 1e6};
}

/// Of each round's ratio to the base.
template <typename Get>
double ratio(const Runner& runner, const Runner& base, Get get) {
  std::vector<double> values;
  for (std::size_t i = 0; i < runner.samples.size(); ++i)
    values.push_back(get(runner.samples[i]) / std::max(get(base.samples[i]), 1e-9));
  return median(values);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs commands in turn and prints medians and ratios to the first."};
  int runs = 5, warm = 1;
  double pixels = 0;
  std::string title, tsv;
  std::vector<std::string> words;
  app.add_option("--runs", runs, "rounds that count")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--warm", warm, "rounds before them that do not")
      ->check(CLI::Range(0, 10))
      ->capture_default_str();
  app.add_option("--pixels", pixels, "per run; prints ns per pixel");
  app.add_option("--title", title, "of the table");
  app.add_option("--tsv", tsv, "append title, label, wall, CPU, peak, ratios to this file");
  app.add_option("commands", words, "LABEL COMMAND, LABEL COMMAND ...")->required();
  CLI11_PARSE(app, argc, argv);
  if (words.size() % 2 != 0) return std::fprintf(stderr, "tuban-race: a label without a command\n"), 2;

  std::vector<Runner> runners;
  for (std::size_t i = 0; i < words.size(); i += 2) runners.push_back({words[i], words[i + 1], {}});
  const std::string log = "/tmp/tuban-race-" + std::to_string(getpid()) + ".log";
  try {
    for (int round = -warm; round < runs; ++round) {
      for (std::size_t i = 0; i < runners.size(); ++i) {
        // Each round begins with another one, so that none always follows the same neighbour.
        Runner& runner = runners[(i + static_cast<std::size_t>(round + warm)) % runners.size()];
        const Sample sample = run(runner, log);
        if (round >= 0) runner.samples.push_back(sample);
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tuban-race: %s\n", error.what());
    unlink(log.c_str());
    return 1;
  }
  unlink(log.c_str());

  const auto wall = [](const Sample& s) { return s.wall; };
  const auto cpu = [](const Sample& s) { return s.cpu(); };
  const auto peak = [](const Sample& s) { return s.peak_mb; };
  std::printf("\n== %s (medians of %d interleaved runs; ratios to \"%s\" within each round)\n", title.c_str(),
              runs, runners.front().label.c_str());
  std::size_t width = 8;
  for (const Runner& runner : runners) width = std::max(width, runner.label.size());
  const int w = static_cast<int>(width);
  std::printf("%-*s %9s %19s %9s %8s %8s %8s%s\n", w, "", "wall s", "(min .. max)", "CPU s", "peak MB",
              "x wall", "x CPU", pixels > 0 ? "    ns/px" : "");
  std::ofstream file;
  if (!tsv.empty()) file.open(tsv, std::ios::app);
  std::string markdown;
  for (const Runner& runner : runners) {
    const std::vector<double> walls = column(runner, wall);
    const auto [least, most] = std::minmax_element(walls.begin(), walls.end());
    const double middle = median(walls), used = median(column(runner, cpu)),
                 memory = median(column(runner, peak));
    const double by_wall = ratio(runner, runners.front(), wall), by_cpu = ratio(runner, runners.front(), cpu);
    std::printf("%-*s %9.3f (%7.3f .. %7.3f) %9.3f %8.0f %8.3f %8.3f", w, runner.label.c_str(), middle,
                *least, *most, used, memory, by_wall, by_cpu);
    if (pixels > 0) std::printf(" %8.3f", middle / pixels * 1e9);
    std::printf("\n");
    char line[512];
    std::snprintf(line, sizeof line, "| %s | %.2f | %.2f | %.0f | %.2f |\n", runner.label.c_str(), middle,
                  used, memory, by_wall);
    markdown += line;
    if (file)
      file << title << '\t' << runner.label << '\t' << middle << '\t' << used << '\t' << memory << '\t'
           << by_wall << '\t' << by_cpu << '\n';
  }
  std::printf("\n| %s | wall s | CPU s | peak MB | ratio |\n|---|---|---|---|---|\n%s", title.c_str(),
              markdown.c_str());
}
