// The assistant's entry point: <script type="module" src="https://bank.example/widget.js"></script>.
// Fills the element with id "tellergraph" or, where the page has none, adds a button that opens a panel.
// Served at /widget.js, so the modules beside this file are under ./static/ of its address.
import { mount } from "./static/app.js";

mount(new URL(".", import.meta.url));
