// JupyterLab's notebook panel alone: page.html?path=NOTEBOOK&kernel=NAME[&plotly=1]. What a test needs of it is
// window.lab.
import {
  CodeMirrorEditorFactory, CodeMirrorMimeTypeService, EditorExtensionRegistry, EditorLanguageRegistry,
  EditorThemeRegistry,
} from '@jupyterlab/codemirror';
import { Context } from '@jupyterlab/docregistry';
import { createMarkdownParser } from '@jupyterlab/markedparser-extension';
import { MathJaxTypesetter } from '@jupyterlab/mathjax-extension';
import { NotebookActions, NotebookModelFactory, NotebookPanel, NotebookWidgetFactory } from '@jupyterlab/notebook';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { ServerConnection, ServiceManager } from '@jupyterlab/services';
import { Widget } from '@lumino/widgets';
import '@jupyterlab/notebook/style/index.js';
import '@jupyterlab/theme-light-extension/style/theme.css';

const query = new URLSearchParams(location.search);

// The title says how far the notebook is.
async function open() {
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: `${location.origin}/`,
    wsUrl: `${location.origin.replace('http', 'ws')}/`,
  });
  const manager = new ServiceManager({ serverSettings });
  document.title = 'waits for the server';
  await manager.ready;

  const languages = new EditorLanguageRegistry();
  for (const language of EditorLanguageRegistry.getDefaultLanguages()) languages.addLanguage(language);
  const themes = new EditorThemeRegistry();
  for (const theme of EditorThemeRegistry.getDefaultThemes()) themes.addTheme(theme);
  const extensions = new EditorExtensionRegistry();
  for (const extension of EditorExtensionRegistry.getDefaultExtensions({ themes })) extensions.addExtension(extension);
  const editors = new CodeMirrorEditorFactory({ extensions, languages });

  const rendermime = new RenderMimeRegistry({
    initialFactories: standardRendererFactories,
    latexTypesetter: new MathJaxTypesetter(),
    markdownParser: createMarkdownParser(languages),
  });
  if (query.get('plotly')) {
    const { default: plotly } = await import('jupyterlab-plotly/lib/plotly-renderer');
    rendermime.addFactory([plotly].flat()[0].rendererFactory, 0);
  }

  const widgets = new NotebookWidgetFactory({
    name: 'Notebook', modelName: 'notebook', fileTypes: ['notebook'], defaultFor: ['notebook'],
    preferKernel: true, canStartKernel: true,
    rendermime, mimeTypeService: new CodeMirrorMimeTypeService(languages),
    contentFactory: new NotebookPanel.ContentFactory({ editorFactory: editors.newInlineEditor }),
    // All cells are drawn, also those out of sight.
    notebookConfig: { ...NotebookWidgetFactory.prototype.notebookConfig, windowingMode: 'none', defaultCell: 'code' },
  });
  const context = new Context({
    manager, factory: new NotebookModelFactory({}), path: query.get('path'),
    kernelPreference: { name: query.get('kernel'), autoStartDefault: true },
  });
  const panel = widgets.createNew(context);
  panel.id = 'notebook';
  Widget.attach(panel, document.body);
  panel.node.style.cssText = 'position: absolute; inset: 0';
  document.title = 'waits for the file';
  await context.initialize(false);
  document.title = 'waits for the session';
  await context.sessionContext.initialize();
  if (!context.sessionContext.session) await context.sessionContext.changeKernel({ name: query.get('kernel') });
  document.title = 'waits for the kernel';
  await context.sessionContext.session.kernel.info;

  const { content } = panel;
  window.lab = {
    // Of all cells, or of one: whether none failed.
    runAll: () => NotebookActions.runAll(content, context.sessionContext),
    run: index => {
      content.activeCellIndex = index;
      content.deselectAll();
      return NotebookActions.run(content, context.sessionContext);
    },
    cells: () => content.widgets.map(cell => cell.model.sharedModel.toJSON()),
    node: index => content.widgets[index].node,
    interrupt: () => context.sessionContext.session.kernel.interrupt(),
    restart: () => context.sessionContext.session.kernel.restart(),
    shutdown: () => context.sessionContext.shutdown(),
  };
}

open().then(() => { document.title = 'ready'; }, error => {
  document.title = 'failed';
  document.body.innerText = error.stack ?? String(error);
});
