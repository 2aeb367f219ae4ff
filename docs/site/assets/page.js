'use strict';
{
  // What scrolls sideways can be reached by the keyboard.
  for (const box of document.querySelectorAll('.code pre, .table')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }

  // Of a session in a terminal, the commands are copied, without what they print.
  const textOf = code => {
    const commands = [...code.querySelectorAll('.command')];
    return commands.length > 0 ? commands.map(command => command.textContent).join('\n') : code.textContent;
  };

  for (const box of document.querySelectorAll('.code')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(textOf(box.querySelector('code')));
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(box.querySelector('code'));
        button.textContent = 'Selected';
      }
      button.addEventListener('blur', () => { button.textContent = 'Copy'; }, { once: true });
    });
    box.append(button);
  }

  // The contents are beside the text where there is room, and folded above it where there is none.
  const contents = document.querySelector('.contents details');
  if (contents) {
    const wide = matchMedia('(min-width: 80rem)');
    const fit = () => { contents.open = wide.matches; };
    wide.addEventListener('change', fit);
    fit();

    const links = new Map([...contents.querySelectorAll('a')].map(a => [decodeURIComponent(a.hash.slice(1)), a]));
    const headings = [...document.querySelectorAll('article :is(h2, h3)')].filter(heading => links.has(heading.id));
    const mark = () => {
      const passed = headings.filter(heading => heading.getBoundingClientRect().top < innerHeight / 4).at(-1);
      for (const [id, link] of links) link.toggleAttribute('data-here', id === passed?.id);
    };
    addEventListener('scroll', mark, { passive: true });
    mark();
  }

  // The current page is in sight in a long list.
  const list = document.getElementById('site-pages');
  const current = list.querySelector('[aria-current]');
  const center = () => { if (current) list.scrollTop = current.offsetTop - list.clientHeight / 2; };
  list.addEventListener('toggle', center);
  center();
}
