// Contenders side by side: in each round all of them one after the other, ratios taken within the rounds, medians judged.
import { BenchError } from "./processes.mjs";
import { count, median, medians, milliseconds, table } from "./report.mjs";

// Each round starts with another contender, so that none always has the disk as its predecessor left it.
const rotated = (list, by) => list.map((_, i) => list[(i + by) % list.length]);

// Contenders are {name, title, measure, absent?}: `measure(bench)` gives figures with per_second; `absent(bench)` says why there is
// nothing to measure, which is no problem. A contender that failed once is left out of the rounds that follow.
export async function measureRounds(bench, progress, scenario, contenders) {
  const rounds = [];
  const problems = new Map();
  for (let i = 0; i < bench.rounds; ++i) {
    const round = {};
    for (const contender of rotated(contenders, i)) {
      if (problems.has(contender.name)) continue;
      progress.step(`${scenario}, round ${i + 1} of ${bench.rounds}: ${contender.title}`);
      const absent = contender.absent?.(bench);
      if (absent) {
        progress.result(`skipped: ${absent}`);
        continue;
      }
      try {
        round[contender.name] = await contender.measure(bench);
        progress.result(`${count(round[contender.name].per_second)}/s`);
      } catch (error) {
        if (!(error instanceof BenchError)) throw error;
        problems.set(contender.name, error.message);
        progress.result(`not measured: ${error.message}`);
      }
    }
    rounds.push(round);
  }
  return { rounds, problems: Object.fromEntries(problems) };
}

// The medians of the named figures, of each contender that was measured.
export function mediansOf(rounds, contenders, figures) {
  const result = {};
  for (const { name } of contenders) {
    const measured = rounds.map((round) => round[name]).filter(Boolean);
    if (measured.length > 0) result[name] = medians(measured, figures);
  }
  return result;
}

// Targets are {title, at_least, of}: `of(round)` gives the two results whose per_second are compared. The ratio is taken within
// each round, where both sides met the same machine; the median of those is judged.
export function ratioChecks(rounds, targets) {
  return targets.map(({ title, at_least, of }) => {
    const pairs = rounds.map(of).filter(([ours, theirs]) => ours && theirs);
    if (pairs.length === 0) return { title, target: `>= ${at_least}` };
    const ratio = median(pairs.map(([ours, theirs]) => ours.per_second / theirs.per_second));
    return { title, value: ratio, shown: ratio.toFixed(2), target: `>= ${at_least}`, met: ratio >= at_least };
  });
}

// A ceiling that comes in several forms is the best of them; undefined unless all were measured.
export function fastest(...results) {
  if (!results.every(Boolean)) return undefined;
  return results.reduce((best, result) => (result.per_second > best.per_second ? result : best));
}

// The figures of an intake scenario. Contenders with `raw` have no answers that could be refused.
export function acceptedTable(heading, contenders, { medians, rounds }) {
  const rows = contenders.map(({ name, title, raw }) => {
    const figures = medians[name];
    if (!figures) return [title, "not measured"];
    const refused = rounds.reduce((sum, round) => sum + refusals(round[name]), 0);
    const times = [milliseconds(figures.p50_us), milliseconds(figures.p99_us)];
    return [title, count(figures.per_second), ...times, raw ? "" : count(refused)];
  });
  return table([heading, "accepted/s", "p50 ms", "p99 ms", "not accepted"], rows);
}

export function refusals(load) {
  if (!load?.other_statuses) return 0;
  return load.unanswered + Object.values(load.other_statuses).reduce((sum, n) => sum + n, 0);
}

// One measurement by itself: says what is being done and what came of it (`shown`), and puts what could not be measured under
// `name` into `problems`. Gives the figures, or nothing.
export async function measureAlone(progress, problems, name, step, measure, shown) {
  progress.step(step);
  try {
    const figures = await measure();
    progress.result(shown(figures));
    return figures;
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    problems[name] = error.message;
    progress.result(`not measured: ${error.message}`);
    return undefined;
  }
}

// That `figure`, over all these results, is zero.
export function noneCheck(title, results, figure) {
  if (results.length === 0) return { title, target: "0" };
  const sum = results.reduce((total, one) => total + one[figure], 0);
  return { title, value: sum, shown: count(sum), target: "0", met: sum === 0 };
}

// That no delivery of any round was refused or left without an answer.
export function refusedCheck(title, rounds) {
  const refused = rounds.flatMap(Object.values).reduce((sum, load) => sum + (load.not_accepted ?? refusals(load)), 0);
  return { title, value: refused, shown: count(refused), target: "0", met: refused === 0 };
}
