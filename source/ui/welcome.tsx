import { Box, Text } from 'ink';
import SelectInput from 'ink-select-input';
import type { ReactNode } from 'react';
import { blank, clip, isTooSmall, type Line, type Size, span, spread, textLine } from './line.ts';
import { Lines, type Look, styled } from './lines.tsx';
import { type Item, needs, networkText, offered, promises, stateWord, type WelcomeFacts } from './offers.ts';
import { toAscii } from './theme.ts';
import { tooSmall } from './tiny.ts';
import { cut, pad, widthOf, wrap } from './width.ts';

export type WelcomeProps = Look &
  Size & {
    readonly version: string;
    readonly directory: string;
    readonly facts: WelcomeFacts;
    /** The offer that the cursor stands on. */
    readonly highlighted: Item['value'];
  };

/** The first screen: what this folder is, and what can be done. */
export function Welcome(props: WelcomeProps): ReactNode {
  const { columns, rows, facts, colors, unicode, highlighted } = props;
  const look = { colors, unicode };
  const offer = offered(facts);
  if (isTooSmall({ columns, rows })) return <Lines lines={tooSmall(columns, rows)} look={look} />;
  const parts = layout(props, offer.length);
  const labels = offer.map((item) => ({ key: item.value, value: item.value, label: labelOf(item, props) }));
  const command = offer.find((item) => item.value === highlighted)?.command ?? 'fl-wizard';
  return (
    <Box flexDirection="column">
      <Lines lines={parts.above} look={look} />
      <SelectInput
        // It is told where its cursor is by being a new one.
        key={`${labels.length} ${highlighted}`}
        initialIndex={Math.max(
          0,
          labels.findIndex(({ value }) => value === highlighted),
        )}
        items={labels}
        isFocused={false}
        indicatorComponent={unicode ? (colors ? Pointer : PlainPointer) : AsciiPointer}
        itemComponent={colors ? Offer : PlainOffer}
      />
      <Lines lines={[...parts.below, footLine(command, columns)]} look={look} />
    </Box>
  );
}

function labelOf({ label, what }: Item, { columns, unicode }: WelcomeProps): string {
  const text = cut(columns < 60 ? label : `${pad(label, 26)}${what}`, columns - 5);
  return unicode ? text : toAscii(text, widthOf);
}

type PartProps = { readonly isSelected?: boolean };

function Pointer({ isSelected = false }: PartProps): ReactNode {
  return <Text>{styled(isSelected ? '   ❯ ' : '     ', 'accent')}</Text>;
}

function PlainPointer({ isSelected = false }: PartProps): ReactNode {
  return <Text>{isSelected ? '   ❯ ' : '     '}</Text>;
}

function AsciiPointer({ isSelected = false }: PartProps): ReactNode {
  return <Text>{isSelected ? '   > ' : '     '}</Text>;
}

function Offer({ isSelected = false, label }: PartProps & { readonly label: string }): ReactNode {
  return <Text>{styled(label, isSelected ? 'strong' : 'plain')}</Text>;
}

function PlainOffer({ label }: { readonly label: string }): ReactNode {
  return <Text>{label}</Text>;
}

/** The lines around the choice; in a low terminal the explanations give way. */
function layout({ version, directory, facts, columns, rows }: WelcomeProps, choices: number) {
  const title = spread(
    [span(` fl-wizard ${version}`, 'strong')],
    [span(`${directory}  (${stateWord(facts)}) `, 'dim')],
    columns,
    'left',
  );
  const promise = promises.flatMap((text) => wrap(text, columns - 2).map((part) => textLine(` ${part}`)));
  const found = facts.found.map(
    ([label, value], at): Line => [
      span(at === 0 ? ' Found   ' : '         ', 'strong'),
      // Where there is hardly any room, what was found has it.
      span(columns < 60 ? `${span(label).text}  ` : pad(span(label).text, 16), 'dim'),
      span(value),
    ],
  );
  const free = rows - choices - 3;
  const note = facts.note ? [...noteLines(facts.note, columns), blank] : [];
  // What is not as it should be comes before what is always so.
  const above = free - note.length >= 2 + promise.length ? [title, blank, ...promise, blank] : [title, blank];
  const room = Math.max(0, rows - above.length - choices - 1);
  const wanted = [blank, ...note, ...networkLine(facts), ...found, blank, ...needLines];
  const kept = [...wanted.slice(0, room), ...Array.from({ length: Math.max(0, room - wanted.length) }, () => blank)];
  return { above: above.map((line) => clip(line, columns)), below: kept.map((line) => clip(line, columns)) };
}

const needLines: readonly Line[] = [
  textLine(' You will need for a network', 'strong'),
  ...needs.map(([who, what]): Line => [span(`   ${who}   `, 'dim'), span(what)]),
];

function noteLines(note: string, columns: number): readonly Line[] {
  return wrap(span(note).text, columns - 2).map((part) => textLine(` ${part}`, 'warn'));
}

function networkLine({ network }: WelcomeFacts): readonly Line[] {
  if (!network) return [];
  return [[span(' Network ', 'strong'), span(networkText(network))]];
}

function footLine(command: string, columns: number): Line {
  const keys = columns < 60 ? ' enter go  ? more  q' : ' ↑↓ choose   enter go   ? more   q quit';
  return spread([span(keys, 'dim')], [span(`$ ${command} `, 'dim')], columns, 'left');
}
