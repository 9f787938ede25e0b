/** The bundler turns a WASM file into a `data:` URL. */
declare module '*.wasm' {
  const url: string;
  export default url;
}
