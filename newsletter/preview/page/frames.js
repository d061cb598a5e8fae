/* A frame that takes a new page without losing its place: the new page is loaded behind the old one, scrolled to where the
   editor was, and only then shown. No script runs in it (sandbox), and its links are told, not followed. */

export class KeptFrame {
  constructor(holder, { title, onLink }) {
    this.holder = holder;
    this.title = title;
    this.onLink = onLink;
    this.place = { left: 0, top: 0 };
    this.shown = null;
    this.wanted = "";
  }

  show(url) {
    if (url === this.wanted) {
      this.scrollBack();
      return;
    }
    this.wanted = url;
    const next = document.createElement("iframe");
    next.title = this.title;
    next.sandbox = "allow-same-origin";
    next.className = "behind";
    next.addEventListener("load", () => this.swap(next, url), { once: true });
    next.src = url;
    this.holder.append(next);
  }

  swap(next, url) {
    if (url !== this.wanted) {
      next.remove();
      return;
    }
    const old = this.shown;
    this.shown = next;
    this.scrollBack();
    this.listen(next.contentWindow);
    next.classList.remove("behind");
    if (old && document.activeElement === old) next.focus();
    old?.remove();
  }

  scrollBack() {
    this.shown?.contentWindow.scrollTo({ ...this.place, behavior: "instant" });
  }

  listen(inside) {
    inside.addEventListener("scroll", () => {
      // A hidden frame has no layout, and says that it is at its top.
      if (this.holder.offsetParent && inside === this.shown?.contentWindow) {
        this.place = { left: inside.scrollX, top: inside.scrollY };
      }
    });
    for (const kind of ["click", "auxclick"]) {
      inside.document.addEventListener(kind, (event) => {
        const link = event.target.closest?.("a[href]");
        if (!link) return;
        event.preventDefault();
        const address = link.getAttribute("href");
        if (address.startsWith("#")) {
          inside.document.getElementById(decodeURIComponent(address.slice(1)))?.scrollIntoView();
        } else {
          this.onLink(address);
        }
      });
    }
  }
}
