// Runs before the page is drawn, so that nobody sees the other theme first.
'use strict';
{
  const root = document.documentElement;
  const themes = ['system', 'light', 'dark'];

  // A browser may refuse to remember; then the theme lasts as long as the page.
  const read = () => { try { return localStorage.getItem('skald-theme'); } catch { return null; } };
  const keep = theme => { try { localStorage.setItem('skald-theme', theme); } catch { /* as above */ } };

  const show = theme => { root.dataset.theme = themes.includes(theme) ? theme : 'system'; };
  show(read());

  document.addEventListener('DOMContentLoaded', () => {
    const button = document.querySelector('button.theme');
    const say = () => {
      button.textContent = { system: 'Auto', light: 'Light', dark: 'Dark' }[root.dataset.theme];
      button.setAttribute('aria-label', `Theme: ${button.textContent}`);
    };
    button.hidden = false;
    say();
    button.addEventListener('click', () => {
      show(themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length]);
      keep(root.dataset.theme);
      say();
    });
  });
}
