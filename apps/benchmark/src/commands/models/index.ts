import { Command } from '@commander-js/extra-typings';
import { fetchModel, hubPage, isCached, MODELS, modelNamed } from '@grasp/models';
import { megabytes, showingDownload } from '../../shared/models/named-model.js';
import { terminalTable } from '../../shared/tables/terminal-table.js';

/** The catalogue, with whether each model is on this machine. */
async function listed() {
  return Promise.all(
    MODELS.map(async (model) => {
      const { name, description, architecture, parameters, quantization, bytes, licence, hub } = model;
      return {
        ...{ name, description, architecture, parameters, quantization, bytes },
        licence: licence.name,
        source: hubPage(model),
        hub: hub.id,
        here: await isCached(model),
      };
    }),
  );
}

async function print(json: boolean): Promise<void> {
  const models = await listed();
  if (json) return console.log(JSON.stringify(models, null, 2));
  const rows = models.map((model) => [
    ...[model.name, model.parameters, model.architecture, model.quantization, megabytes(model.bytes)],
    ...[model.here ? 'yes' : 'no', model.licence, model.hub],
  ]);
  console.log(
    terminalTable(
      ['name', 'parameters', 'type', 'weights', 'size', 'here', 'licence', 'on the Hugging Face Hub'],
      rows,
    ),
  );
}

export const modelsCommand = () =>
  new Command()
    .argument('[name]', 'download this model, unless it is on this machine')
    .option('--json', 'print one JSON document instead of text', false)
    .action(async (name, { json }) => {
      if (name === undefined) return print(json);
      const model = modelNamed(name);
      const path = await showingDownload((onEvent) => fetchModel(model, { onEvent, verify: true }));
      console.log(json ? JSON.stringify({ name: model.name, path }) : path);
    });
