#!/usr/bin/env node
import { runCommand } from './program.js';
import { processTerminal } from './shared/terminal.js';

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
