/** What one would write first: a table of all clients, drawn by Ink at each of ten updates a second. */
import { Box, render, Text } from 'ink';
import type { ReactNode } from 'react';
import type { ClientChanged } from '../../source/plan/event.ts';
import { Gauge, taskOf } from './gauge.ts';
import { events } from './stream.ts';

const task = taskOf(process.argv);
const gauge = new Gauge();
const over = new AbortController();
const clients = new Map<string, ClientChanged>();

function Table(): ReactNode {
  return (
    <Box flexDirection="column">
      {[...clients.values()].map(({ client, state, samples, seconds, loss }) => (
        <Box key={client}>
          <Box width={14}>
            <Text bold>{client}</Text>
          </Box>
          <Box width={12}>
            <Text color={state === 'idle' ? 'gray' : 'green'}>{state}</Text>
          </Box>
          <Box width={10}>
            <Text>{samples ?? ''}</Text>
          </Box>
          <Box width={10}>
            <Text>{seconds?.toFixed(1) ?? ''}</Text>
          </Box>
          <Text>{loss?.toFixed(4) ?? ''}</Text>
        </Box>
      ))}
    </Box>
  );
}

const ink = render(<Table />);
const updates = setInterval(() => gauge.frame(() => ink.rerender(<Table />)), 100);
const measured = gauge.measure(task.warm, task.seconds, task.figures).then(() => over.abort());
for await (const together of events(task.folder, task.port, 0, over.signal))
  for (const event of together) {
    if (event.type !== 'client-changed') continue;
    clients.set(event.client, { ...clients.get(event.client), ...event });
    gauge.fed((event as { time?: string }).time ?? '');
  }
await measured;
clearInterval(updates);
ink.unmount();
process.exit(0);
