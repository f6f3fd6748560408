// The help of all commands, taken out of commander before it is cut into lines: source/stored-help.ts prints it.
import { Help } from 'commander';

/** Lays nothing out, and keeps what would have been. */
class Recorder extends Help {
  sections = [];

  formatItem(term, _width, meaning) {
    return [term, meaning];
  }

  formatItemList(heading, items) {
    if (items.length > 0) this.sections.push([heading, items]);
    return [];
  }
}

/** What `addHelpText` puts below: all that is printed and that is not of the help itself. */
function below(command) {
  const parts = [];
  command.configureOutput({ ...command.configureOutput(), writeOut: (text) => void parts.push(text) });
  command.outputHelp();
  const printed = parts.join('');
  const own = command.helpInformation();
  if (!printed.startsWith(own)) throw new Error(`the help of ${command.name()} has something above it, which is lost`);
  return printed.slice(own.length);
}

function recorded(command) {
  const recorder = Object.assign(new Recorder(), command.configureHelp());
  recorder.formatHelp(command, recorder);
  return {
    usage: recorder.commandUsage(command),
    description: recorder.commandDescription(command),
    sections: recorder.sections,
    after: below(command),
  };
}

/** A command and those below it, by the words that lead to each. */
function all(command, path = '') {
  const deeper = command.commands.flatMap((each) => all(each, `${path} ${each.name()}`.trim()));
  return [[path, recorded(command)], ...deeper];
}

export function storedHelp(program) {
  return { version: program.version(), commands: Object.fromEntries(all(program)) };
}
