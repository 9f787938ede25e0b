#!/usr/bin/env node
import { runCommand } from './cli.js';
import { processTerminal } from './shared/terminal.js';

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
