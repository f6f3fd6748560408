import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDeadline } from '../../source/ssh/deadline.ts';
import { askOnce } from '../../source/ssh/questions.ts';

describe('askOnce', () => {
  it('asks the same asker the same question once, also while it is open', async () => {
    const ask = vi.fn(async () => 'yes');
    const answers = await Promise.all([askOnce(ask, 'q', ask), askOnce(ask, 'q', ask)]);
    expect(answers).toEqual(['yes', 'yes']);
    expect(await askOnce(ask, 'q', ask)).toBe('yes');
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('asks other questions and other askers anew', async () => {
    const ask = vi.fn(async () => 'yes');
    await Promise.all([askOnce(ask, 'q', ask), askOnce(ask, 'r', ask), askOnce({}, 'q', ask)]);
    expect(ask).toHaveBeenCalledTimes(3);
  });

  it('forgets a failure', async () => {
    const ask = vi.fn(async () => 'yes').mockRejectedValueOnce(new Error('no'));
    await expect(askOnce(ask, 'q', ask)).rejects.toThrow('no');
    expect(await askOnce(ask, 'q', ask)).toBe('yes');
  });
});

describe('startDeadline', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('passes once its time is over', () => {
    const passed = vi.fn();
    startDeadline(1000, passed);
    vi.advanceTimersByTime(999);
    expect(passed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(passed).toHaveBeenCalledTimes(1);
  });

  it('never passes once stopped', () => {
    const passed = vi.fn();
    startDeadline(1000, passed).stop();
    vi.advanceTimersByTime(5000);
    expect(passed).not.toHaveBeenCalled();
  });

  it('does not count the time of questions', async () => {
    const passed = vi.fn();
    const deadline = startDeadline(1000, passed);
    vi.advanceTimersByTime(600);
    let answer = (_: string) => {};
    const asked = deadline.pausedFor(() => new Promise<string>((resolve) => (answer = resolve)));
    vi.advanceTimersByTime(60_000);
    answer('yes');
    expect(await asked).toBe('yes');
    vi.advanceTimersByTime(399);
    expect(passed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(passed).toHaveBeenCalledTimes(1);
  });
});
