/* Tabs as the ARIA Authoring Practices describe them: arrow keys move, Home and End jump, one tab is in the order of Tab. */

export function setUpTabs(list, onChosen) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];

  function choose(tab, { focus = false } = {}) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
    onChosen(document.getElementById(tab.getAttribute("aria-controls")));
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const here = tabs.indexOf(document.activeElement);
    const there = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (there === undefined) return;
    event.preventDefault();
    choose(tabs[(there + tabs.length) % tabs.length], { focus: true });
  });
  choose(tabs[0]);
}
