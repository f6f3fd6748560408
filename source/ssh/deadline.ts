/** A time limit that stands still while a person is being asked. */
export type Deadline = {
  /** Runs a question; the time it takes doesn't count. */
  pausedFor<Answer>(question: () => Promise<Answer>): Promise<Answer>;
  stop(): void;
};

/** Calls `passed` once, `milliseconds` from now, not counting pauses. */
export function startDeadline(milliseconds: number, passed: () => void): Deadline {
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
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
