'use strict';
{
  const root = document.documentElement.dataset.root;
  const dialog = document.getElementById('site-search');
  const query = document.getElementById('site-query');
  const results = document.getElementById('site-results');
  const state = document.getElementById('site-search-state');
  const button = document.querySelector('button.search');

  // The index is a script, because a page that was opened as a file may load one; it is loaded when somebody searches.
  let index = null;
  const load = () => index ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${root}assets/search-index.js`;
    script.addEventListener('load', () => resolve(window.searchIndex));
    script.addEventListener('error', () => { index = null; reject(new Error('The index cannot be loaded.')); });
    document.head.append(script);
  });

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };
  const marked = pieces => pieces.map(piece => piece.hit ? element('mark', '', piece.text) : piece.text);

  const line = found => {
    const link = element('a', '',
      element('span', 'where', found.isTop ? found.group : `${found.group} › ${found.title}`),
      element('span', 'heading', ...marked(found.headingPieces)),
      element('span', 'excerpt', ...marked(found.excerptPieces)));
    link.href = root + found.address + (found.anchor ? `#${encodeURIComponent(found.anchor)}` : '');
    link.addEventListener('click', () => dialog.close());
    return element('li', '', link);
  };

  // What is shown already stays as it is: the keyboard may be in it.
  let shown = null;
  const find = async () => {
    const asked = query.value;
    try {
      const sections = await load();
      if (asked !== query.value || asked === shown) return;
      const found = window.rankSections(sections, asked);
      shown = asked;
      results.replaceChildren(...found.map(line));
      state.textContent = asked.trim() === '' ? 'Titles, headings, text, error codes.' : found.length === 0 ? 'Nothing was found.' : `${found.length} found`;
    } catch (error) {
      state.textContent = error.message;
    }
  };

  // Who is faster than the index waits for it.
  let finding = Promise.resolve();
  const begin = () => { finding = find(); };
  const openFirst = async () => {
    await finding;
    results.querySelector('a')?.click();
  };

  const open = () => {
    if (!dialog.open) dialog.showModal();
    query.select();
    begin();
  };

  // From the field down into the results and back; what is typed there goes to the field.
  const move = event => {
    const links = [...results.querySelectorAll('a')];
    const here = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && (here >= 0 || step > 0)) {
      event.preventDefault();
      (here + step < 0 ? query : links[Math.min(here + step, links.length - 1)])?.focus();
    } else if (event.key === 'Escape') {
      // In a field of this type it would only empty the field.
      event.preventDefault();
      dialog.close();
    } else if (event.key === 'Enter' && document.activeElement === query) {
      event.preventDefault();
      openFirst();
    } else if (here >= 0 && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== ' ') {
      query.focus();
    }
  };

  button.hidden = false;
  button.addEventListener('click', open);
  query.addEventListener('input', begin);
  dialog.addEventListener('keydown', move);
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  addEventListener('keydown', event => {
    // A field that was closed may have the focus for a moment longer.
    const isTyping = event.target.closest?.('input, textarea, select, [contenteditable]') && !(event.target === query && !dialog.open);
    if ((event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) || (event.key === 'k' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      open();
    }
  });
}
