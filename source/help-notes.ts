/** What stands below the options of a command's help. */

export const examples = `
Examples:
  fl-wizard                                    the wizard, step by step
  fl-wizard demo                               the whole job on this machine
  fl-wizard init --name xray --address fl.example.org --server ubuntu@fl.example.org --client hosp-a=ubuntu@10.0.0.11
  fl-wizard up --yes                           all steps without a question`;

export const reportNotes = `
A page is written to runs/RUN/report.html in the project folder, CSV and JSON are
printed, unless --output names a file. All is made from the run's journal: also
while it goes on, and after it was killed. Where the server's host can't be asked,
it is made from our own record of the run, which says so:
  fl-wizard report                              a page of the newest run
  fl-wizard report 3 --output for-the-team.html
  fl-wizard report --format csv > rounds.csv`;

export const sshNotes = `
Address, user, port, keys, jump hosts and ProxyCommand are those of
fl-network.yaml and ~/.ssh/config; other settings of ~/.ssh/config don't count.
Host keys are checked as everywhere: against .fl-wizard/known_hosts, yours and
the machine's, or against hostKey in fl-network.yaml. The exit code is that of
ssh: the command's own, or 255.

Each word of a command arrives as it was typed; sh -c reads a line of shell:
  fl-wizard ssh client1
  fl-wizard ssh client1 -- ls 'a b'
  fl-wizard ssh client1 -- sh -c 'cd /var/log && tail -n 3 *.log'
  fl-wizard ssh -t client1 -- top
  fl-wizard ssh --show-commands client1     prints the line and runs nothing`;

export const monitorNotes = `
In a terminal it is live: ? tells its keys (a client's own page, the log of all
hosts, filter, order, restart, stop), q leaves and everything keeps running. It
comes back by itself after lost connections and restarts, for days. Elsewhere it
prints a line for each event, and ends when the run does:
  fl-wizard monitor --once                one frame: for watch and cron
  fl-wizard monitor --wait                its exit code is the run's: 0, or 5
  fl-wizard monitor --json --after 120    an event a line, behind the last one known`;
