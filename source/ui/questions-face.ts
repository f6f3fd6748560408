/** What the questions are as values: what is asked for, what is known before, and how far somebody is. */

import type { Typed } from '../network/change.ts';
import type { ClientDraft } from './clients.ts';
import type { Editor } from './editor.ts';
import type { FieldName } from './fields.ts';
import type { Remarks } from './remarks.ts';
import type { Suggestion } from './suggestions.ts';

/** What the questions ask for. */
export type NetworkDraft = Typed;

/** What is known before anybody is asked: answers, where they were found, and the app that is here. */
export type Prefill = Partial<NetworkDraft> & {
  readonly from?: Partial<Readonly<Record<FieldName | 'unused', string>>>;
  readonly app?: string;
  /** Where somebody left these questions another day. */
  readonly stopped?: Stopped;
  /** These are the answers of a network that is there. */
  readonly changes?: true;
  /** Before the first question there is a screen that Esc leads back to. */
  readonly before?: true;
};

/** A place among the questions that can be come back to. */
export type Stopped = {
  readonly at: FieldName | 'summary';
  /** How many questions have had their answer. */
  readonly answered: number;
  /** What stood in the line and was no answer yet. */
  readonly line?: string | undefined;
  /** The client that was being edited in it. */
  readonly editing?: string | undefined;
};

export type QuestionsState = {
  /** Which question; one past the last is the summary. */
  readonly at: number;
  /** The furthest that anybody was. */
  readonly reached: number;
  readonly editor: Editor;
  readonly answers: Readonly<Record<Exclude<FieldName, 'clients'>, string>>;
  readonly clients: readonly ClientDraft[];
  /** The client that the cursor stands on; none while a line is typed. */
  readonly selected?: number;
  /** The client that is in the line to be changed, and where it stood: it is no longer in the list. */
  readonly editing?: { readonly client: ClientDraft; readonly place: number };
  readonly problem?: string;
  /** `back`: to what lies before the first question. */
  readonly outcome?: 'taken' | 'left' | 'back';
  /** Where what stood there at first was found. */
  readonly from: Partial<Readonly<Record<FieldName | 'unused', string>>>;
  /** What may be taken for an answer, by its question. */
  readonly known: Partial<Readonly<Record<FieldName, readonly Suggestion[]>>>;
  /** What there is to say of answers, as it was found. */
  readonly remarks: Remarks;
  /** The key of the remark for which the first enter stayed: the next one takes what is in the line. */
  readonly heard?: string;
  /** The app that is here already, in words. */
  readonly app?: string;
  /** The answer of the summary that the cursor stands on. */
  readonly chosen?: number;
  /** A network that is there gets other answers. */
  readonly changes?: true;
  /** Esc leads back from the first question, and does not leave. */
  readonly before?: true;
  /** This answer was called back from the summary, and goes there again. */
  readonly returns?: true;
};
