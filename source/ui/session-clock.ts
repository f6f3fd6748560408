/** When a session's picture moves by itself. Pure. */
import { type SessionState, screenOf } from './session-state.ts';

/** Spinners and clocks move four times a second. */
export const tickMilliseconds = 250;

export function tickOf(now: Date): number {
  return Math.floor(now.getTime() / tickMilliseconds);
}

/** The live table moves once a second; a spinner is shown only on the way there. */
export function isDue(state: SessionState, now: Date): boolean {
  const calm = screenOf(state) === 'monitor' || state.finished !== undefined || state.prompt !== undefined;
  if (!calm) return tickOf(now) !== state.tick;
  return Math.floor(now.getTime() / 1000) !== Math.floor(state.now.getTime() / 1000);
}
