/** A time limit that stands still while a person is being asked. */
export type Deadline = {
  /** Runs a question; the time it takes doesn't count. */
  pausedFor<Answer>(question: () => Promise<Answer>): Promise<Answer>;
  /** Leaves at least so many milliseconds from now on. */
  atLeast(milliseconds: number): void;
  stop(): void;
};

/** Calls `expired` once, `milliseconds` from now, not counting pauses; it is told how long was waited for. */
export function startDeadline(milliseconds: number, expired: (waited: number) => void): Deadline {
  let limit = milliseconds;
  const passed = () => expired(limit);
  let left = milliseconds;
  let since = Date.now();
  let stopped = false;
  let questions = 0;
  let timer = setTimeout(passed, left);
  const pause = () => {
    clearTimeout(timer);
    left -= Date.now() - since;
  };
  const resume = () => {
    since = Date.now();
    timer = setTimeout(passed, Math.max(left, 0));
  };
  return {
    async pausedFor(question) {
      if (questions++ === 0) pause();
      try {
        return await question();
      } finally {
        if (--questions === 0 && !stopped) resume();
      }
    },
    atLeast(wanted) {
      if (stopped) return;
      if (questions === 0) pause();
      if (left < wanted) limit = left = wanted;
      if (questions === 0) resume();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
